package main

import (
	"cmp"
	"net"
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

// How long S3 may send nothing before an attempt is given up. S3 answers a copy when it is
// done: 256 MB take it some 3 s, and 5 GB, the most that one request copies, a minute.
// CompleteMultipartUpload sends spaces while it works ("CompleteMultipartUpload" in the
// Amazon S3 API reference).
const (
	silence     = 5 * time.Second // for objects of up to quickBytes, and whatever copies nothing
	longSilence = 2 * time.Minute
	quickBytes  = 256 << 20
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
		o.HTTPClient = newHTTPClient(silence)
	})
}

// patient returns a client that waits for S3 for as long as the largest copy takes.
func patient(client *s3.Client) *s3.Client {
	return s3.New(client.Options(), func(o *s3.Options) { o.HTTPClient = newHTTPClient(longSilence) })
}

func newHTTPClient(silence time.Duration) aws.HTTPClient {
	return function.HTTPClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = min(d.Timeout, silence) }).
		WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = concurrency
			t.DialContext = watched(t.DialContext, silence)
		}).
		Freeze() // else the SDK would dial itself
}

// leaving is an option of operations: their callers, not the retryer, decide what to do
// about some errors.
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
