package deployment

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/shared/invocation"
)

// invokeTimeout is longer than a function may run: 15 minutes. A client that gave up earlier and tried again would do
// the same work twice at once.
const invokeTimeout = 16 * time.Minute

// Invoker invokes a function once.
type Invoker[Request, Answer any] func(context.Context, Request) (Answer, error)

// NewInvoker invokes the function that a folder such as "redrive" has.
func NewInvoker[Request, Answer any](d *Deployment, folder string) Invoker[Request, Answer] {
	client := invocation.NewSingleClient(d.Config, invokeTimeout)
	function := d.Functions[folder]
	return func(ctx context.Context, request Request) (answer Answer, err error) {
		payload, err := json.Marshal(request)
		if err != nil {
			return answer, err
		}
		out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(function), Payload: payload})
		if err != nil {
			return answer, fmt.Errorf("invoke %s: %w", function, err)
		}
		if out.FunctionError != nil {
			var failed struct{ ErrorMessage string }
			if json.Unmarshal(out.Payload, &failed) != nil || failed.ErrorMessage == "" {
				failed.ErrorMessage = string(out.Payload)
			}
			return answer, fmt.Errorf("%s failed: %s", function, failed.ErrorMessage)
		}
		if err := json.Unmarshal(out.Payload, &answer); err != nil {
			return answer, fmt.Errorf("read the response of %s: %w", function, err)
		}
		return answer, nil
	}
}
