package main

import (
	"cmp"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/function"
)

const (
	// attempts is how often a request to S3 is sent at most.
	attempts = 10
	// maxBackoff is the longest pause between two attempts: ten attempts take
	// some 40 s of pauses. Lambda's retries come after one minute and two.
	maxBackoff = 5 * time.Second
)

// silence is how long S3 may send nothing before an attempt is given up. S3
// answers a copy when it is done, and a copy of 5 GB, the most that one request
// copies, takes it a minute. CompleteMultipartUpload sends spaces while it works
// ("CompleteMultipartUpload" in the Amazon S3 API reference).
const silence = 2 * time.Minute

// conflicts are S3's answers to a write while another request writes the same
// key ("How to prevent object overwrites with conditional writes" in the Amazon
// S3 User Guide).
var conflicts = []string{"ConditionalRequestConflict", "OperationAborted"}

// NewClient makes an S3 client for a Region; "" is the configuration's. It
// retries transient failures, a conflict of writes among them.
func NewClient(cfg aws.Config, region string) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.Region = cmp.Or(region, cfg.Region)
		o.Retryer = newRetryer(conflicts...)
		// The configuration's own number of attempts would cap the retryer's.
		o.RetryMaxAttempts = attempts
		o.HTTPClient = newHTTPClient(silence)
	})
}

// newRetryer retries what the SDK does anyway (throttling, server errors, broken
// connections) and more error codes.
func newRetryer(codes ...string) aws.Retryer {
	return retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = attempts, maxBackoff
		// The SDK's own limit on retries is for the whole client: a burst of
		// SlowDown on some images would cost the others their retries.
		o.RateLimiter = ratelimit.None
	}), codes...)
}

func newHTTPClient(silence time.Duration) aws.HTTPClient {
	return function.HTTPClient().WithReadTimeout(silence).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = concurrency
	})
}
