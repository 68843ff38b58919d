package lambdahost

import (
	"encoding/json"
	"fmt"
)

// FunctionError reports an invocation in which the function returned an error, timed
// out, or crashed.
type FunctionError struct {
	// Type and Message are the response's errorType and errorMessage.
	Type, Message string
	// Payload is the whole response, as JSON.
	Payload []byte
}

func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

func newFunctionError(kind, format string, args ...any) *FunctionError {
	e := &FunctionError{Type: kind, Message: fmt.Sprintf(format, args...)}
	e.Payload, _ = json.Marshal(map[string]string{"errorType": e.Type, "errorMessage": e.Message})
	return e
}

// parseFunctionError parses the error that a runtime posted.
func parseFunctionError(payload []byte) *FunctionError {
	var body struct{ ErrorType, ErrorMessage string }
	_ = json.Unmarshal(payload, &body) // a runtime may post anything
	return &FunctionError{Type: body.ErrorType, Message: body.ErrorMessage, Payload: payload}
}
