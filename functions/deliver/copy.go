package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// concurrency is how many copies run at once. A copy is a wait for S3 of some
// 50 ms, so 32 make some 600 a second: a fifth of what one prefix takes.
const concurrency = 32

// Copier copies objects inside S3: their bytes never pass through the function.
type Copier struct {
	Client *s3.Client
	// Source is the only bucket ever read, whatever a message says.
	Source string
	// Destination is the bucket written to.
	Destination string
	// Prefix comes before every source key, as it is.
	Prefix string
}

// copied is what became of one image.
type copied struct {
	uri       string // the delivered object, "" unless it is there
	existed   bool   // it was there before
	permanent bool   // trying again can't help
	err       error
}

// CopyAll copies every URI's object, several at a time, and returns what
// became of each, in the order of the URIs.
func (c *Copier) CopyAll(ctx context.Context, uris []string) []copied {
	results := make([]copied, len(uris))
	slots := make(chan struct{}, concurrency)
	var copies sync.WaitGroup
	for i, uri := range uris {
		slots <- struct{}{}
		copies.Go(func() {
			defer func() { <-slots }()
			results[i] = c.copy(ctx, uri)
		})
	}
	copies.Wait()
	return results
}

func (c *Copier) copy(ctx context.Context, uri string) copied {
	source, err := splitURI(uri)
	if err == nil && source.bucket != c.Source {
		err = fmt.Errorf("%q is not in the output bucket %s", uri, c.Source)
	}
	if err != nil {
		return copied{permanent: true, err: fmt.Errorf("refused: %w", err)}
	}
	destination := object{bucket: c.Destination, key: c.Prefix + source.key}
	_, err = c.Client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:      aws.String(destination.bucket),
		Key:         aws.String(destination.key),
		CopySource:  aws.String(source.copySource()),
		IfNoneMatch: aws.String("*"),
	})
	switch {
	case err == nil:
		return copied{uri: destination.String()}
	case statusCode(err) == http.StatusPreconditionFailed:
		return copied{uri: destination.String(), existed: true}
	default:
		return copied{permanent: isPermanent(err), err: fmt.Errorf("copy %s to %s: %w", source, destination, brief(err))}
	}
}

// brief drops what the SDK wraps around S3's own words: a person reads it in
// the table, and Lambda keeps 1 KB of it.
func brief(err error) error {
	var apiError *smithy.GenericAPIError
	if errors.As(err, &apiError) {
		return apiError
	}
	return err
}

// isPermanent tells the errors that a retry can't change from the others.
func isPermanent(err error) bool {
	var apiError smithy.APIError
	if !errors.As(err, &apiError) {
		return false
	}
	switch apiError.ErrorCode() {
	case "NoSuchKey", "NoSuchBucket", "AccessDenied", "InvalidObjectState", "KeyTooLongError":
		return true
	}
	return false
}

// statusCode is the HTTP status of an answer that is an error, else 0.
func statusCode(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}
