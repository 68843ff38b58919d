// Package invocation invokes this project's functions, and returns why they failed.
package invocation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/failure"
)

// Invoker invokes functions synchronously. It is safe for concurrent use.
type Invoker struct {
	Client *lambda.Client
	// Functions maps the name of a function's folder, such as "record", to its
	// name in AWS Lambda.
	Functions map[string]string
}

// NewClient returns a client without a timeout, because a function may take longer
// than the timeouts of cfg. It doesn't retry throttled invocations; [Run] does.
func NewClient(cfg aws.Config) *lambda.Client {
	return lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		o.HTTPClient = awshttp.NewBuildableClient()
		o.Retryer = exceptThrottles{o.Retryer}
	})
}

// NewSingleClient returns a client for functions that shouldn't run twice at the same time. It
// waits up to timeout for the function. It retries only throttled invocations, for about a
// minute, because the function hasn't run then.
func NewSingleClient(cfg aws.Config, timeout time.Duration) *lambda.Client {
	return lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(timeout)
		o.RetryMaxAttempts = 0 // it would override singleAttempts
		o.Retryer = onlyThrottles{awsclient.NewRetryer(singleAttempts, retry.DefaultMaxBackoff)}
	})
}

// singleAttempts take some 75 seconds.
const singleAttempts = 8

type onlyThrottles struct{ aws.Retryer }

// IsErrorRetryable implements [aws.Retryer].
func (onlyThrottles) IsErrorRetryable(err error) bool { return isThrottled(err) }

type exceptThrottles struct{ aws.Retryer }

// IsErrorRetryable implements [aws.Retryer].
func (r exceptThrottles) IsErrorRetryable(err error) bool {
	return !isThrottled(err) && r.Retryer.IsErrorRetryable(err)
}

// isThrottled reports whether Lambda throttled an invocation, for whatever reason.
func isThrottled(err error) bool { return awserror.Status(err) == http.StatusTooManyRequests }

// Invoke runs a function with an event, and waits for its answer: a failure of a
// synchronous invocation leaves no dead letter. The error has the kind that the
// function reported, or [failure.NotInvoked].
func (i *Invoker) Invoke(ctx context.Context, function string, event []byte) error {
	name, ok := i.Functions[function]
	if !ok {
		return failure.Of(failure.NotInvoked, fmt.Errorf("the stack has no function %s", function))
	}
	out, err := i.Client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: event})
	if err != nil {
		return failure.Of(failure.NotInvoked, fmt.Errorf("invoke %s: %w", name, err))
	}
	if out.FunctionError == nil {
		return nil
	}
	var answer struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(out.Payload, &answer); err != nil || answer.ErrorMessage == "" {
		return failure.Of(failure.Other, fmt.Errorf("%s failed: %s", name, out.Payload))
	}
	return failure.Of(failure.Reported(answer.ErrorType), errors.New(answer.ErrorMessage))
}
