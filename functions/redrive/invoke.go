package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/shared/failure"
)

// invoke runs a function with an event and waits for it: a synchronous failure
// leaves no dead letter of its own. The error has the kind that the function
// reported.
func (h *Handler) invoke(ctx context.Context, function string, event []byte) error {
	name, ok := h.Functions[function]
	if !ok {
		return failure.Of(failure.NotInvoked, fmt.Errorf("the stack has no function %s for this queue", function))
	}
	out, err := h.Lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(name), Payload: event})
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

// wait keeps to the request's rate.
func (r *run) wait(ctx context.Context) error {
	if r.pace == nil {
		return nil
	}
	select {
	case <-r.pace.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
