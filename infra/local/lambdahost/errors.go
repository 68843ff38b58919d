package lambdahost

import (
	"encoding/json"
	"fmt"
)

// NotFoundError says that there is no such function.
type NotFoundError struct{ Name string }

func (e *NotFoundError) Error() string { return "Function not found: " + e.Name }

// FunctionError is an invocation that the function answered with an error, or
// did not survive.
type FunctionError struct {
	// Type and Message are the error's, as errorType and errorMessage.
	Type, Message string
	// Payload is the whole answer.
	Payload []byte
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

func newFunctionError(kind, format string, args ...any) *FunctionError {
	e := &FunctionError{Type: kind, Message: fmt.Sprintf(format, args...)}
	e.Payload, _ = json.Marshal(map[string]string{"errorType": e.Type, "errorMessage": e.Message})
	return e
}

// parseFunctionError reads what a runtime posted as its error.
func parseFunctionError(payload []byte) *FunctionError {
	var body struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(payload, &body) // a runtime may post anything
	return &FunctionError{Type: body.ErrorType, Message: body.ErrorMessage, Payload: payload}
}
