package main

import (
	"errors"
	"fmt"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"sdtasktracker/shared/metrics"
)

// kind is why an object is not delivered.
type kind struct {
	metric metrics.Metric
	// permanent failures are those that a retry can't change.
	permanent bool
}

var (
	refused     = &kind{metrics.NotDeliveredRefused, true}      // the message names what must not be read
	missing     = &kind{metrics.NotDeliveredMissing, true}      // the source does not exist
	denied      = &kind{metrics.NotDeliveredDenied, true}       // the function may not read or write it
	conflict    = &kind{metrics.NotDeliveredConflict, true}     // another object has its key
	unavailable = &kind{metrics.NotDeliveredUnavailable, false} // any transient failure
)

var kinds = []*kind{refused, missing, denied, conflict, unavailable}

// objectFailure is an object that is not delivered.
type objectFailure struct {
	kind *kind
	err  error
}

var errConflict = errors.New("another object is there")

// newFailure words what S3 said for a person, and tells what kind it is.
func newFailure(source object, err error) *objectFailure {
	f := &objectFailure{kind: unavailable}
	var api smithy.APIError
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "NoSuchKey", "NoSuchBucket", "NotFound":
			f.kind = missing
		case "AccessDenied", "Forbidden", "InvalidObjectState", "AllAccessDisabled",
			"KMS.DisabledException", "KMS.NotFoundException":
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
	return errors.As(err, &api) && api.ErrorCode() == "InvalidRequest" &&
		strings.Contains(api.ErrorMessage(), "maximum allowable size")
}

// statusCode is the HTTP status of an answer that is an error, else 0.
func statusCode(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
