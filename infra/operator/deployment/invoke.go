package deployment

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go/middleware"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/invocation"
)

// invokeTimeout is longer than Lambda lets a function run, 15 minutes. A client that gave up earlier and retried would
// run the same work twice at once.
const invokeTimeout = 16 * time.Minute

// FunctionError says that a function failed, or that its response has an unexpected form.
type FunctionError struct{ Text string }

// Error is the text.
func (e *FunctionError) Error() string { return e.Text }

// Invoker invokes a function once.
type Invoker[Request, Answer any] func(context.Context, Request) (Answer, error)

// NewInvoker returns an Invoker of the function with a name such as "redrive". The Invoker retries an invocation that
// Lambda throttles, and says so once.
func NewInvoker[Request, Answer any](d *Deployment, folder string, say func(format string, args ...any),
) Invoker[Request, Answer] {
	function := d.Functions[folder]
	cfg := d.Config.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(sayThrottled(function, say), "Retry", middleware.After)
	})
	client := invocation.NewSingleClient(cfg, invokeTimeout)
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
			return answer, &FunctionError{fmt.Sprintf("%s failed: %s", function, failed.ErrorMessage)}
		}
		if err := json.Unmarshal(out.Payload, &answer); err != nil {
			return answer, fmt.Errorf("read the response of %s: %w", function, err)
		}
		return answer, nil
	}
}

// sayThrottled calls say the first time that Lambda throttles an invocation.
func sayThrottled(function string, say func(format string, args ...any)) middleware.FinalizeMiddleware {
	said := false
	return middleware.FinalizeMiddlewareFunc("SayThrottled", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		if !said && awserror.Status(err) == http.StatusTooManyRequests {
			say("Lambda throttles %s: retrying for at most a minute.\n", function)
			said = true
		}
		return out, metadata, err
	})
}
