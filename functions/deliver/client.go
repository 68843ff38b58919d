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
	// attempts is the maximum number of attempts of a request to S3.
	attempts = 10
	// maxBackoff is the longest pause between two attempts. The pauses of ten
	// attempts add up to about 40 s. Lambda retries after one minute and two.
	maxBackoff = 5 * time.Second
)

// How long S3 may send nothing before an attempt fails. S3 may send nothing until a copy is done:
// for about 3 s for 256 MB, and for a minute for 5 GB, the maximum of one request. While
// CompleteMultipartUpload runs, which may take minutes, S3 sends spaces ("CompleteMultipartUpload"
// in the Amazon S3 API Reference).
const (
	silence     = 5 * time.Second
	longSilence = 2 * time.Minute // for copies that were silent for longer, and for uploads in parts
)

// conflicts are S3's answers to a write while another request writes the same
// key ("How to prevent object overwrites with conditional writes" in the Amazon
// S3 User Guide).
var conflicts = []string{"ConditionalRequestConflict", "OperationAborted"}

// NewClient returns an S3 client for a Region, or for the configuration's if region is
// "". It retries transient failures, including conflicts of writes.
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
	return watched{function.HTTPClient().
		WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = concurrency }), silence}
}

// isSilent reports whether S3 sent nothing for too long.
func isSilent(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// leaving returns an option that keeps the retryer from retrying certain errors, because
// the caller handles them.
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
