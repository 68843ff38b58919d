package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/metrics"
)

// kind is why an object is not delivered.
type kind struct {
	metric metrics.Metric
	// permanent is true if a retry can't help.
	permanent bool
}

var (
	refused     = &kind{metrics.NotDeliveredRefused, true}      // deliver must not copy the object
	missing     = &kind{metrics.NotDeliveredMissing, true}      // the source, or a bucket, does not exist
	denied      = &kind{metrics.NotDeliveredDenied, true}       // S3 or KMS refuses the request
	conflict    = &kind{metrics.NotDeliveredConflict, true}     // another object has its key
	unavailable = &kind{metrics.NotDeliveredUnavailable, false} // any transient failure
)

var kinds = []*kind{refused, missing, denied, conflict, unavailable}

// objectFailure is an object that is not delivered.
type objectFailure struct {
	kind *kind
	err  error
}

// Errors that S3 doesn't report.
var (
	errConflict = errors.New("another object has this key")
	errUnproven = errors.New("the source no longer exists, and nothing proves that the existing object is its copy")
	errVanished = errors.New("the destination existed, but no longer does")
	errRestart  = errors.New("the copy in parts must start again")
	// errNoTime is the error of a copy that deliver doesn't start, because the invocation is about to end.
	errNoTime = errors.New("not started: the invocation's time is over")
)

// newFailure returns the failure to copy a source, with a text for people.
func newFailure(source object, err error) *objectFailure {
	return &objectFailure{kind: kindOf(err), err: fmt.Errorf("copy %s: %s", clip(source.String()), words(err))}
}

func kindOf(err error) *kind {
	status := awserror.Status(err)
	switch {
	case errors.Is(err, errConflict):
		return conflict
	case errors.Is(err, errUnproven):
		return missing
	case errors.Is(err, errRestart), awserror.IsTransient(err):
		return unavailable
	case status == http.StatusNotFound:
		return missing
	}
	return denied
}

// wrongRegion has S3's error codes for a request to another Region than the bucket's ("Error
// responses" in the Amazon S3 API Reference).
var wrongRegion = []string{
	"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
}

// words returns an error's text without the SDK's additions to S3's text, because Lambda keeps only
// 1 KB of an error.
func words(err error) string {
	text := err.Error()
	var operation *smithy.OperationError
	var api smithy.APIError
	if !errors.As(err, &api) || !errors.As(err, &operation) {
		return text
	}
	short := fmt.Sprintf("%s: %s: %s", operation.Operation(), api.ErrorCode(), api.ErrorMessage())
	text = strings.Replace(text, operation.Error(), short, 1)
	if !slices.Contains(wrongRegion, api.ErrorCode()) || operation.Operation() == "GetObject" {
		return text // GetObject asks for the output bucket
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		if region := response.Response.Header.Get("X-Amz-Bucket-Region"); region != "" {
			return text + " (the delivery bucket is in another Region: set deliveryRegion to " + region + ")"
		}
	}
	return text + " (the delivery bucket is in another Region: set deliveryRegion to that Region)"
}

// isTooLarge reports whether CopyObject failed because the source is larger than 5 GB. Other errors
// have the same code, so isTooLarge also checks the message.
func isTooLarge(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "InvalidRequest" &&
		strings.Contains(api.ErrorMessage(), "maximum allowable size")
}
