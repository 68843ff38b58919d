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

// How long S3 may send nothing before an attempt fails. S3 responds to a copy when it is
// done: after some 3 s for 256 MB, and after a minute for 5 GB, the maximum of one request.
// During CompleteMultipartUpload it sends spaces ("CompleteMultipartUpload" in the Amazon S3
// API Reference).
const (
	silence     = 5 * time.Second // for objects of up to quickBytes, and for other requests
	longSilence = 2 * time.Minute // for larger objects, and for uploads in parts
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

// patient returns a copy of the client that accepts a silence of longSilence.
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
		Freeze() // otherwise the SDK replaces DialContext
}

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
