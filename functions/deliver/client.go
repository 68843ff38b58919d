package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/function"
)

const (
	// attempts is how often a request to S3 is sent at most.
	attempts = 10
	// maxBackoff is the longest pause between two attempts: ten attempts take
	// some 40 s of pauses. Lambda's retries come after one minute and two.
	maxBackoff = 5 * time.Second
)

// How long an attempt may take. S3 responds to a copy when it is done: after some 3 s for
// 256 MB, and after a minute for 5 GB, the maximum of one request.
const (
	attemptTime     = 5 * time.Second
	longAttemptTime = 2 * time.Minute // for copies that took longer, and for uploads in parts
)

// conflicts are S3's answers to a write while another request writes the same
// key ("How to prevent object overwrites with conditional writes" in the Amazon
// S3 User Guide).
var conflicts = []string{"ConditionalRequestConflict", "OperationAborted"}

// NewClient makes an S3 client for a Region; "" is the configuration's. It
// retries transient failures, a conflict of writes among them.
func NewClient(cfg aws.Config, region string) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.Region = cmp.Or(region, cfg.Region)
		o.Retryer = awsclient.NewRetryer(attempts, maxBackoff, conflicts...)
		o.HTTPClient = newHTTPClient(attemptTime)
	})
}

// patient returns a copy of the client whose attempts have longAttemptTime.
func patient(client *s3.Client) *s3.Client {
	return s3.New(client.Options(), func(o *s3.Options) { o.HTTPClient = newHTTPClient(longAttemptTime) })
}

func newHTTPClient(timeout time.Duration) aws.HTTPClient {
	return function.HTTPClient().WithTimeout(timeout).
		WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = concurrency })
}

// isTimeout reports whether S3 did not answer in an attempt's time.
func isTimeout(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// leaving returns an option for an operation whose caller handles some errors itself: the
// retryer doesn't retry them.
func leaving(is func(error) bool) func(*s3.Options) {
	return func(o *s3.Options) { o.Retryer = selective{o.Retryer, is} }
}

type selective struct {
	aws.Retryer
	leaves func(error) bool
}

// IsErrorRetryable implements [aws.Retryer].
func (r selective) IsErrorRetryable(err error) bool {
	return !r.leaves(err) && r.Retryer.IsErrorRetryable(err)
}

func isConflict(err error) bool { return slices.Contains(conflicts, awserror.Code(err)) }
