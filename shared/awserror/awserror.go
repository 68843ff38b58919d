// Package awserror classifies the errors of AWS SDK clients.
package awserror

import (
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Code returns the service's error code, such as NoSuchKey; "" if the error is not an
// answer of the service.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Status returns the HTTP status of the answer that caused an error; 0 without an
// answer.
func Status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// transientStatuses are the redirects and 4xx that may disappear in a later attempt:
// Temporary Redirect (until the DNS knows a new bucket's Region), Request Timeout,
// Conflict, Locked, Too Early and Too Many Requests.
var transientStatuses = []int{307, 408, 409, 423, 425, 429}

// staleCodes are 4xx about the request's age. The next attempt may have a corrected
// clock, or run in another sandbox with new credentials.
var staleCodes = []string{"ExpiredToken", "RequestTimeTooSkewed", "RequestExpired"}

// IsTransient reports whether a later attempt may succeed: after every error except
// most redirects and 4xx.
func IsTransient(err error) bool {
	code, status := Code(err), Status(err)
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	_, timedOut := retry.DefaultRetryableErrorCodes[code]
	return status < 300 || status >= 500 || slices.Contains(transientStatuses, status) ||
		throttled || timedOut || slices.Contains(staleCodes, code)
}
