package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// concurrency is how many copies run at once. A copy is a wait for S3 of some
// 50 ms, so 32 make some 600 a second: a fifth of the 3,500 writes a second
// that one prefix takes ("Best practices design patterns: optimizing Amazon S3
// performance"), with room for other invocations.
const concurrency = 32

// Copier copies objects inside S3: their bytes never pass through the function.
// Its methods may be called from several goroutines.
type Copier struct {
	Client *s3.Client
	// Source is the only bucket ever read, whatever a message says.
	Source string
	// Destination is the bucket written to.
	Destination string
}

// attempts is how often a request to S3 is sent at most.
const attempts = 10

// NewClient makes an S3 client that retries transient failures: throttling,
// server errors and broken connections, as the SDK does anyway, and the 409 that
// a conditional write gets while another request writes the same key ("How to
// prevent object overwrites with conditional writes").
func NewClient(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.Retryer = retry.AddWithErrorCodes(retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			// The SDK's own limit on retries is for the whole client: a burst
			// of SlowDown on some images would cost the others their retries.
			o.RateLimiter = ratelimit.None
		}), "ConditionalRequestConflict", "OperationAborted")
		// The configuration's own number of attempts would cap the retryer's.
		o.RetryMaxAttempts = attempts
		o.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = concurrency
		})
	})
}

// copied is what became of one object.
type copied struct {
	uri     string         // the delivered object, "" unless it is there
	existed bool           // it was there before
	failure *objectFailure // why it is not there
}

// errNoTime says that the invocation ends too soon for a copy to be started.
var errNoTime = errors.New("not started: the invocation's time is over")

// CopyAll copies every URI's object below a prefix, several at a time, and
// returns what became of each, in the order of the URIs. It starts no copy
// once the context has ended.
func (c *Copier) CopyAll(ctx context.Context, uris []string, prefix string) []copied {
	results := make([]copied, len(uris))
	slots := make(chan struct{}, concurrency)
	var copies sync.WaitGroup
	for i, uri := range uris {
		slots <- struct{}{}
		copies.Go(func() {
			defer func() { <-slots }()
			results[i] = c.copy(ctx, uri, prefix)
		})
	}
	copies.Wait()
	return results
}

// copy copies one object, unless it is there already.
func (c *Copier) copy(ctx context.Context, uri, prefix string) copied {
	source, err := c.admit(uri, prefix)
	if err != nil {
		return copied{failure: &objectFailure{kind: refused, err: err}}
	}
	destination := object{bucket: c.Destination, key: prefix + source.key}
	if ctx.Err() != nil {
		err := fmt.Errorf("copy %s: %w", clip(source.String()), errNoTime)
		return copied{failure: &objectFailure{kind: unavailable, err: err}}
	}
	_, err = c.Client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:      aws.String(destination.bucket),
		Key:         aws.String(destination.key),
		CopySource:  aws.String(source.copySource()),
		IfNoneMatch: aws.String("*"),
	})
	if isTooLarge(err) {
		err = c.copyParts(ctx, source, destination)
	}
	switch {
	case err == nil:
		return copied{uri: destination.String()}
	case statusCode(err) == http.StatusPreconditionFailed:
		if err = c.compare(ctx, source, destination); err == nil {
			return copied{uri: destination.String(), existed: true}
		}
	}
	return copied{failure: newFailure(source, err)}
}

// admit takes an announced URI apart, and refuses what must not be asked of S3.
func (c *Copier) admit(uri, prefix string) (object, error) {
	source, err := splitURI(uri)
	switch {
	case err != nil:
		return object{}, err
	case source.bucket != c.Source:
		return object{}, fmt.Errorf("%s is not in the output bucket %s", clip(uri), c.Source)
	case len(prefix)+len(source.key) > maxKeyBytes:
		return object{}, fmt.Errorf("%s would have a key of %d bytes below the prefix: S3 takes %d at most",
			clip(uri), len(prefix)+len(source.key), maxKeyBytes)
	}
	return source, nil
}

// compare tells whether the destination is the source's copy, when S3 says
// that it exists. The size has to be the same, and the entity tag too where it
// depends on the content alone: not on parts, nor on a KMS key ("Object" in the
// Amazon S3 API reference, ETag).
func (c *Copier) compare(ctx context.Context, source, destination object) error {
	there, err := c.Client.HeadObject(ctx, destination.head())
	if err != nil {
		return fmt.Errorf("look at what is there already: %w", err)
	}
	wanted, err := c.Client.HeadObject(ctx, source.head())
	if statusCode(err) == http.StatusNotFound {
		return nil // delivered, and since removed from the output bucket
	}
	if err != nil {
		return fmt.Errorf("look at the source: %w", err)
	}
	sameSize := aws.ToInt64(there.ContentLength) == aws.ToInt64(wanted.ContentLength)
	comparable := isContentTag(there) && isContentTag(wanted)
	if sameSize && (!comparable || aws.ToString(there.ETag) == aws.ToString(wanted.ETag)) {
		return nil
	}
	return fmt.Errorf("%w: %s (%d bytes, ETag %s) is not the source (%d bytes, ETag %s)", errConflict,
		clip(destination.String()), aws.ToInt64(there.ContentLength), aws.ToString(there.ETag),
		aws.ToInt64(wanted.ContentLength), aws.ToString(wanted.ETag))
}

func isContentTag(head *s3.HeadObjectOutput) bool {
	return head.SSEKMSKeyId == nil && head.ETag != nil && !strings.Contains(*head.ETag, "-")
}
