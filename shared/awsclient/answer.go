package awsclient

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sdtasktracker/shared/warmup"
)

// incompleteError is an answer that reports success and does not have the operation's
// result. S3 may send its status before it is done, and proxies and gateways may send
// anything. Whether the service did what was asked is unknown, so the request is retried.
type incompleteError struct{ reason error }

func (e *incompleteError) Error() string {
	return fmt.Sprintf("the answer reports success, but %v", e.reason)
}

func (e *incompleteError) Unwrap() error { return e.reason }

// RetryableError makes the SDK retry the request.
func (e *incompleteError) RetryableError() bool { return true }

// deserializer is the SDK's middleware that turns an answer into an operation's output.
const deserializer = "OperationDeserializer"

// checkAnswers is an option of clients: it adds the checks around the deserializer of one
// call. They are inside of the SDK's retries, and inside of what adds the status and the
// request ID to errors.
func checkAnswers(stack *middleware.Stack) error {
	if _, sends := stack.Deserialize.Get(deserializer); !sends {
		return nil // it only signs a link
	}
	c := &call{}
	return errors.Join(
		stack.Initialize.Add(middleware.InitializeMiddlewareFunc("KeepInput", c.keepInput), middleware.After),
		stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("CheckResult", c.checkResult),
			deserializer, middleware.Before),
		stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("CheckBody", checkBody),
			deserializer, middleware.After),
	)
}

// call is one call of an operation, with all of its attempts.
type call struct{ input any }

func (c *call) keepInput(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	c.input = in.Parameters
	return next.HandleInitialize(ctx, in)
}

// checkResult turns every success without its result into an error that is retried.
func (c *call) checkResult(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	service, operation := awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx)
	expected, ok := find(service, operation)
	if !ok {
		return out, metadata, fmt.Errorf("%s %s is not in the table of shared/awsclient/operations.go: "+
			"add what its answer always has", service, operation)
	}
	out, metadata, err = next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if !ok || !succeeded(response) || warmup.Diverted(ctx) {
		return out, metadata, err
	}
	if err == nil {
		err = expected.missing(c.input, out.Result, response)
	}
	if err == nil {
		return out, metadata, nil
	}
	_ = response.Body.Close() // of a streamed object, which nobody will read
	reset(out.Result)
	return out, metadata, &incompleteError{err}
}

func succeeded(response *smithyhttp.Response) bool {
	return response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusMultipleChoices
}

// reset empties a refused output. The SDK decodes the answers to all attempts of a call
// into one: what an answer was cut off after must not complete the next one.
func reset(output any) {
	if v := reflect.ValueOf(output); v.Kind() == reflect.Pointer && !v.IsNil() {
		v.Elem().SetZero()
	}
}

// errNotObject is of protocols whose answers are JSON objects: {} at the least. The SDK
// takes a blank body for one.
var errNotObject = errors.New("its body is not a JSON object")

// checkBody refuses a body that is not a JSON object, where every answer is one. A body
// that is cut off is left to the SDK, which can't decode it.
func checkBody(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	request, isRequest := in.Request.(*smithyhttp.Request)
	response, isResponse := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !isRequest || !isResponse || !succeeded(response) || request.Header.Get("X-Amz-Target") == "" {
		return out, metadata, err
	}
	body := bufio.NewReader(response.Body)
	for {
		switch c, err := body.ReadByte(); {
		case errors.Is(err, io.EOF):
			return out, metadata, errNotObject
		case err != nil:
			return out, metadata, cutOff(err)
		case c == '{':
			_ = body.UnreadByte() // after ReadByte, it can't fail
			response.Body = replaced{body, response.Body}
			return out, metadata, nil
		case bytes.IndexByte([]byte(" \t\r\n"), c) < 0:
			return out, metadata, errNotObject
		}
	}
}

func cutOff(err error) error { return fmt.Errorf("its body can't be read: %w", err) }

// replaced is a body that is read from elsewhere.
type replaced struct {
	io.Reader
	io.Closer
}

// Buffer is an option of an operation that streams an object: it reads up to max bytes of
// the body before the operation returns. A body that breaks off is then retried like
// every other answer without its result.
func Buffer(max int64) func(*middleware.Stack) error {
	buffer := func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (out middleware.DeserializeOutput, metadata middleware.Metadata, err error) {
		out, metadata, err = next.HandleDeserialize(ctx, in)
		response, ok := out.RawResponse.(*smithyhttp.Response)
		if err != nil || !ok || !succeeded(response) {
			return out, metadata, err
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, max))
		if err != nil {
			return out, metadata, cutOff(err)
		}
		response.Body = replaced{bytes.NewReader(body), response.Body}
		return out, metadata, nil
	}
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("Buffer", buffer),
			deserializer, middleware.After)
	}
}
