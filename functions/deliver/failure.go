package main

import (
	"errors"
	"fmt"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// kind is why an object is not delivered; metrics count by it.
type kind string

const (
	refused     kind = "refused"     // the message names what must not be read
	missing     kind = "missing"     // the source does not exist
	denied      kind = "denied"      // the function may not read or write it
	conflict    kind = "conflict"    // another object has its key
	unavailable kind = "unavailable" // anything that may pass
)

// permanent tells the kinds that a retry can't change.
func (k kind) permanent() bool { return k != unavailable }

// failure is an object that is not delivered.
type failure struct {
	kind kind
	err  error
}

var errConflict = errors.New("another object is there")

// newFailure words what S3 said for a person, and tells what kind it is.
func newFailure(source object, err error) *failure {
	f := &failure{kind: unavailable}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchKey", "NoSuchBucket", "NotFound":
			f.kind = missing
		case "AccessDenied", "Forbidden", "InvalidObjectState", "AllAccessDisabled", "KMS.DisabledException", "KMS.NotFoundException":
			f.kind = denied
		}
		// The SDK wraps more around S3's words than Lambda keeps of an error.
		err = fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	} else if errors.Is(err, errConflict) {
		f.kind = conflict
	}
	f.err = fmt.Errorf("copy %s: %w", clip(source.String()), err)
	return f
}

// isTooLarge recognizes CopyObject's answer to a source of more than 5 GB. Its
// code is shared with other errors.
func isTooLarge(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "InvalidRequest" && strings.Contains(api.ErrorMessage(), "maximum allowable size")
}

// statusCode is the HTTP status of an answer that is an error, else 0.
func statusCode(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
