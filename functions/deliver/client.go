package main

import (
	"cmp"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/awsclient"
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
		o.Retryer = awsclient.NewRetryer(attempts, maxBackoff, conflicts...)
		o.HTTPClient = newHTTPClient(silence)
	})
}

func newHTTPClient(silence time.Duration) aws.HTTPClient {
	return function.HTTPClient().WithReadTimeout(silence).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = concurrency
	})
}
