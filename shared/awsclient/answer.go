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

// incompleteError is the error for an answer that reports success but lacks the operation's
// result. S3 may send the status before it is done, and a proxy or gateway may send anything.
// The service may or may not have done its work, so the SDK retries the request.
type incompleteError struct{ reason error }

func (e *incompleteError) Error() string {
	return fmt.Sprintf("the answer reports success, but %v", e.reason)
}

func (e *incompleteError) Unwrap() error { return e.reason }

// RetryableError tells the SDK's retryer to retry.
func (e *incompleteError) RetryableError() bool { return true }

// deserializer is the ID of the SDK's middleware that decodes an answer.
const deserializer = "OperationDeserializer"

// checkAnswers adds checks of a call's answers around the deserializer. They run inside the
// SDK's middleware that retries, and that adds the status and the request ID to errors.
func checkAnswers(stack *middleware.Stack) error {
	if _, sends := stack.Deserialize.Get(deserializer); !sends {
		return nil // the call only signs a URL
	}
	return errors.Join(
		stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("CheckResult", checkResult),
			deserializer, middleware.Before),
		stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("CheckBody", checkBody),
			deserializer, middleware.After),
	)
}

// checkResult turns a success that lacks its result into an incompleteError.
func checkResult(
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
		err = expected.missing(out.Result, response)
	}
	if err == nil {
		return out, metadata, nil
	}
	_ = response.Body.Close() // GetObject streams its body
	reset(out.Result)
	return out, metadata, &incompleteError{err}
}

func succeeded(response *smithyhttp.Response) bool {
	return response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusMultipleChoices
}

// reset clears a refused output. Some services' clients decode every attempt of a call into
// the same output, and fields from a truncated answer must not complete the next one.
func reset(output any) {
	if v := reflect.ValueOf(output); v.Kind() == reflect.Pointer && !v.IsNil() {
		v.Elem().SetZero()
	}
}

// errNotObject is the error for protocols in which every answer is a JSON object, at least
// {}. The SDK accepts a blank body instead.
var errNotObject = errors.New("its body is not a JSON object")

// errMessage is the error for a JSON object that is the error message of a gateway or a proxy, such as
// {"message":"Forbidden"}. No operation's result and no function's response has such a member.
var errMessage = errors.New("it is an error message")

func isMessage(object []byte) bool {
	member := bytes.ToLower(bytes.TrimLeft(object, "{ \t\r\n"))
	for _, name := range []string{`"message"`, `"error"`, `"__type"`} {
		if bytes.HasPrefix(member, []byte(name)) {
			return true
		}
	}
	return false
}

// checkBody refuses a body that doesn't begin a JSON object, or is an error message, in the protocols
// of errNotObject. The SDK itself fails on a truncated object.
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
	beginning, err := body.Peek(100) // all of a shorter body
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return out, metadata, cutOff(err)
	case !bytes.HasPrefix(bytes.TrimLeft(beginning, " \t\r\n"), []byte("{")):
		return out, metadata, errNotObject
	case isMessage(beginning):
		return out, metadata, errMessage
	}
	response.Body = replaced{body, response.Body}
	return out, metadata, nil
}

func cutOff(err error) error { return fmt.Errorf("its body can't be read: %w", err) }

// replaced reads from a Reader instead of the body, and closes the body.
type replaced struct {
	io.Reader
	io.Closer
}
