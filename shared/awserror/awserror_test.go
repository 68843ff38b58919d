package awserror

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answer is the error of a client whose service answers with a status and a code.
func answer(status int, code string) error {
	return fmt.Errorf("copy: %w", &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code},
	}})
}

func TestIsTransient(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"OKNoAnswer":              {errors.New("connection refused"), true},
		"OKSuccessWithoutResult":  {answer(200, ""), true},
		"OKTemporaryRedirect":     {answer(307, "TemporaryRedirect"), true},
		"OKRequestTimeout":        {answer(408, ""), true},
		"OKConflict":              {answer(409, "OperationAborted"), true},
		"OKLocked":                {answer(423, ""), true},
		"OKTooEarly":              {answer(425, ""), true},
		"OKTooManyRequests":       {answer(429, ""), true},
		"OKServerError":           {answer(500, "InternalError"), true},
		"OKThrottled":             {answer(400, "ThrottlingException"), true},
		"OKTimedOut":              {answer(400, "RequestTimeout"), true},
		"OKExpiredToken":          {answer(400, "ExpiredToken"), true},
		"OKClockSkew":             {answer(403, "RequestTimeTooSkewed"), true},
		"OKExpiredRequest":        {answer(400, "RequestExpired"), true},
		"ErrPermanentRedirect":    {answer(301, "PermanentRedirect"), false},
		"ErrBadRequest":           {answer(400, "InvalidRequest"), false},
		"ErrDenied":               {answer(403, "AccessDenied"), false},
		"ErrMissing":              {answer(404, "NoSuchKey"), false},
		"ErrPreconditionFailed":   {answer(412, "PreconditionFailed"), false},
		"ErrRangeNotSatisfiable":  {answer(416, "InvalidRange"), false},
		"ErrValidation":           {answer(400, "ValidationException"), false},
		"ErrConditionOfTheUpdate": {answer(400, "ConditionalCheckFailedException"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := IsTransient(test.err); got != test.want {
				t.Errorf("it is transient: %t, want %t", got, test.want)
			}
		})
	}
}

func TestCodeAndStatus(t *testing.T) {
	if err := answer(404, "NoSuchKey"); Code(err) != "NoSuchKey" || Status(err) != 404 {
		t.Errorf("the code is %q, the status %d", Code(err), Status(err))
	}
	if err := errors.New("connection refused"); Code(err) != "" || Status(err) != 0 {
		t.Errorf("without an answer, the code is %q, the status %d", Code(err), Status(err))
	}
}
