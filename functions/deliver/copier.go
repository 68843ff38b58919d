package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/delivery"
)

// concurrency is how many copies run at once. S3 takes about 50 ms for a copy, so
// 32 at once are about 600 a second. That is a fifth of the 3,500 writes a second
// that S3 allows for a prefix ("Best practices design patterns: optimizing Amazon
// S3 performance"), and leaves room for other invocations.
const concurrency = 32

// Copier copies objects inside S3: their bytes never pass through the function. It is safe for
// concurrent use.
type Copier struct {
	// Client sends copies to the destination's Region.
	Client *s3.Client
	// Patient is like Client, but waits longer for S3's first byte of an answer.
	Patient *s3.Client
	// SourceClient sends requests to the source's Region.
	SourceClient *s3.Client
	// Source is the only bucket that deliver reads from, whatever bucket a message names.
	Source string
	// Destination is the delivery bucket.
	Destination string
	// FixExtensions adds an extension to the keys for which the guidance found none. That
	// costs a request for each of these objects.
	FixExtensions bool
	// MinPartBytes is the minimum size of a part, at least 5 MB. Only the last part may be smaller.
	MinPartBytes int64
}

// copied is the result for one object.
type copied struct {
	uri      string         // of the copy; "" after a failure
	existed  bool           // the copy existed before
	empty    bool           // the copy is known to have no bytes
	failure  *objectFailure // nil if the copy exists
	unproven string         // the URI of an existing object that can't be compared, because its source is gone
}

// CopyAll copies every URI's object below a prefix, several at a time, and returns the
// results in the order of the URIs. It starts no copy once ctx has ended.
func (c *Copier) CopyAll(ctx context.Context, uris []string, prefix string) []copied {
	results := make([]copied, len(uris))
	var copies errgroup.Group
	copies.SetLimit(concurrency)
	for i, uri := range uris {
		copies.Go(func() error {
			results[i] = c.copy(ctx, uri, prefix)
			return nil
		})
	}
	_ = copies.Wait() // each result has its own error
	return results
}

// copy copies one object, unless its copy exists already.
func (c *Copier) copy(ctx context.Context, uri, prefix string) copied {
	source, err := c.admit(uri, prefix)
	if err != nil {
		return copied{failure: &objectFailure{kind: refused, err: err}}
	}
	if ctx.Err() != nil {
		return copied{failure: newFailure(source, errNoTime)}
	}
	destination, err := c.destination(ctx, source, prefix)
	if err != nil {
		return copied{failure: newFailure(source, c.nameBucket(ctx, err))}
	}
	result := copied{uri: destination.String()}
	result.empty, err = c.write(ctx, source, destination)
	switch {
	case isThere(err):
		result.existed = true
		result.empty, err = c.prove(ctx, source, destination)
	case awserror.Code(err) == "NoSuchKey" && c.exists(ctx, destination):
		err = unproven(destination) // S3 may look for the source first
	}
	if errors.Is(err, errUnproven) {
		return copied{unproven: result.uri, failure: newFailure(source, err)}
	}
	if err != nil {
		return copied{failure: newFailure(source, c.nameBucket(ctx, err))}
	}
	return result
}

// write copies the source if the destination does not exist. empty reports whether the copy is
// known to have no bytes.
func (c *Copier) write(ctx context.Context, source, destination object) (empty bool, err error) {
	input := &s3.CopyObjectInput{
		Bucket:      aws.String(destination.bucket),
		Key:         aws.String(destination.key),
		CopySource:  aws.String(source.copySource()),
		IfNoneMatch: aws.String("*"),
	}
	// Either a connection hangs, or the copy needs more time, because the object is large or S3 is
	// slow. If the last attempt fails too, Lambda's retry continues.
	var out *s3.CopyObjectOutput
	for _, client := range []*s3.Client{c.Client, c.Client, c.Patient} {
		if out, err = client.CopyObject(ctx, input, leaving(isSilent)); !isSilent(err) || ctx.Err() != nil {
			break
		}
	}
	if isTooLarge(err) {
		return false, c.copyParts(ctx, source, destination)
	}
	return err == nil && isEmpty(out.CopyObjectResult), err
}

// S3's answer to the copy of an empty object has the MD5 digest of no bytes,
// unless KMS encrypts the copy. It has the CRC64NVME checksum of no bytes if the
// source has no other checksum ("CopyObjectResult" in the Amazon S3 API
// Reference).
const (
	emptyETag      = `"d41d8cd98f00b204e9800998ecf8427e"`
	emptyCRC64NVME = "AAAAAAAAAAA="
)

func isEmpty(copied *types.CopyObjectResult) bool {
	return copied != nil &&
		(aws.ToString(copied.ETag) == emptyETag || aws.ToString(copied.ChecksumCRC64NVME) == emptyCRC64NVME)
}

// isThere reports whether a write failed because the destination already exists. If the upload is
// gone, an earlier attempt may have completed it, although its answer was lost.
func isThere(err error) bool {
	if errors.Is(err, errRestart) {
		return false
	}
	return awserror.Status(err) == http.StatusPreconditionFailed || awserror.Code(err) == "NoSuchUpload"
}

// exists reports whether an object certainly exists.
func (c *Copier) exists(ctx context.Context, o object) bool {
	_, err := c.Client.HeadObject(ctx, o.head())
	return err == nil
}

// admit parses an announced URI, and refuses an object that deliver must not copy or that S3 can't
// store.
func (c *Copier) admit(uri, prefix string) (object, error) {
	bucket, key, ok := delivery.SplitURI(uri)
	switch {
	case !ok:
		return object{}, fmt.Errorf("%s is not the URI of an object, s3://BUCKET/KEY", clip(uri))
	case bucket != c.Source:
		return object{}, fmt.Errorf("%s is not in the output bucket %s", clip(uri), c.Source)
	case len(prefix)+len(key) > maxKeyBytes:
		return object{}, fmt.Errorf("%s would have a key of %d bytes with the prefix, but S3 allows at most %d",
			clip(uri), len(prefix)+len(key), maxKeyBytes)
	}
	return object{bucket, key}, nil
}

// nameBucket adds the bucket's name to a NoSuchBucket error. S3's answer has it, but the SDK drops
// it.
func (c *Copier) nameBucket(ctx context.Context, err error) error {
	if awserror.Code(err) != "NoSuchBucket" {
		return err
	}
	_, headErr := c.SourceClient.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(c.Source)})
	if awserror.Status(headErr) == http.StatusNotFound {
		return fmt.Errorf("the output bucket %s: %w", c.Source, err)
	}
	return fmt.Errorf("the delivery bucket %s: %w", c.Destination, err)
}
