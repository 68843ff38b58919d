package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/awserror"
)

// deliver copies objects larger than 5 GB in parts, several at once. S3 copies a
// part at about 100 MB/s, so a copy takes the object's size / (100 MB/s × parts at
// once). With 64 parts at once, 6 GB take one or two seconds and 5 TB about 13
// minutes, within the function's timeout of 15. Each part costs a request, at $5 a
// million. Parts of 256 MB use all 64 slots for objects from 16 GB on. Above 2.5 TB
// parts must be larger, because an upload has at most 10,000 ("Amazon S3 multipart
// upload limits").
const (
	minPartBytes    = 256 << 20
	maxParts        = 10_000
	partConcurrency = 64
)

// abortTimeout is the time to abort a failed upload. It is part of the time that
// function.WorkContext reserves.
const abortTimeout = 2 * time.Second

// upload is a copy in parts.
type upload struct {
	client              *s3.Client
	source, destination object
	head                *s3.HeadObjectOutput // the source's
	id                  *string
	partBytes           int64
}

// uploads is the maximum number of uploads to try for a copy in parts.
const uploads = 3

// copyParts copies an object that is too large for CopyObject.
func (c *Copier) copyParts(ctx context.Context, source, destination object) error {
	var err error
	for range uploads {
		if err = c.upload(ctx, source, destination); !errors.Is(err, errRestart) {
			return err
		}
	}
	return err
}

// upload copies an object in parts once. Unlike CopyObject, it has to read the source's metadata and
// tags, and to write them itself. The error is errRestart if this upload can no longer succeed, but
// a new upload may.
func (c *Copier) upload(ctx context.Context, source, destination object) error {
	head, err := c.SourceClient.HeadObject(ctx, source.head())
	if err != nil {
		return err
	}
	u, err := c.create(ctx, source, head, destination)
	if err != nil {
		return err
	}
	parts, err := u.copyAll(ctx)
	if err == nil {
		err = u.complete(ctx, parts)
	}
	if err != nil {
		return u.abort(ctx, err)
	}
	return nil
}

// create begins an upload with the source's metadata and tags.
func (c *Copier) create(
	ctx context.Context, source object, head *s3.HeadObjectOutput, destination object,
) (upload, error) {
	u := upload{client: c.Patient, source: source, destination: destination, head: head,
		partBytes: partSize(aws.ToInt64(head.ContentLength), c.MinPartBytes)}
	tagging, err := c.tagging(ctx, source, head)
	if err != nil {
		return u, err
	}
	created, err := c.Client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(destination.bucket), Key: aws.String(destination.key), Tagging: tagging,
		Metadata: head.Metadata, ContentType: head.ContentType, CacheControl: head.CacheControl,
		ContentDisposition: head.ContentDisposition, ContentEncoding: head.ContentEncoding,
		ContentLanguage: head.ContentLanguage, WebsiteRedirectLocation: head.WebsiteRedirectLocation,
	}, withExpires(head.ExpiresString))
	if err != nil {
		return u, err
	}
	u.id = created.UploadId
	return u, nil
}

// withExpires sends the Expires header as it is. The input's field is a time, but S3 accepts any
// text.
func withExpires(expires *string) func(*s3.Options) {
	if expires == nil {
		return func(*s3.Options) {}
	}
	return s3.WithAPIOptions(smithyhttp.SetHeaderValue("Expires", *expires))
}

// complete turns the parts into an object if the destination does not exist. After a conflict, "you
// should re-initiate the multipart upload" ("CompleteMultipartUpload" in the Amazon S3 API
// Reference, If-None-Match).
func (u upload) complete(ctx context.Context, parts []types.CompletedPart) error {
	_, err := u.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(u.destination.bucket), Key: aws.String(u.destination.key), UploadId: u.id,
		IfNoneMatch: aws.String("*"), MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}, leaving(isConflict))
	if awserror.Status(err) == http.StatusConflict {
		return fmt.Errorf("%w: %w", errRestart, err)
	}
	return err
}

// abort aborts an upload, because S3 stores and bills its parts until then. It returns the cause,
// together with the error of aborting.
func (u upload) abort(ctx context.Context, cause error) error {
	abortCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_, err := u.client.AbortMultipartUpload(abortCtx, &s3.AbortMultipartUploadInput{
		Bucket: aws.String(u.destination.bucket), Key: aws.String(u.destination.key), UploadId: u.id})
	switch {
	case err == nil, awserror.Code(err) == "NoSuchUpload":
		return cause
	case cause == nil:
		return fmt.Errorf("abort upload %s: %w", aws.ToString(u.id), err)
	}
	return fmt.Errorf("%w (and its upload %s could not be aborted: %w)", cause, aws.ToString(u.id), err)
}

// tagging returns the source's tags for CreateMultipartUpload.
func (c *Copier) tagging(ctx context.Context, source object, head *s3.HeadObjectOutput) (*string, error) {
	if aws.ToInt32(head.TagCount) == 0 {
		return nil, nil
	}
	tags, err := c.SourceClient.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{
		Bucket: aws.String(source.bucket), Key: aws.String(source.key)})
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for _, tag := range tags.TagSet {
		values.Set(aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return aws.String(values.Encode()), nil
}

// copyAll copies every part, several at a time, until the first error.
func (u upload) copyAll(ctx context.Context) ([]types.CompletedPart, error) {
	size := aws.ToInt64(u.head.ContentLength)
	parts := make([]types.CompletedPart, (size+u.partBytes-1)/u.partBytes)
	copies, partCtx := errgroup.WithContext(ctx)
	copies.SetLimit(partConcurrency)
	for i := range parts {
		copies.Go(func() (err error) {
			if partCtx.Err() != nil {
				return partCtx.Err()
			}
			first := int64(i) * u.partBytes
			parts[i], err = u.copyPart(partCtx, i+1, first, min(first+u.partBytes, size)-1)
			return err
		})
	}
	return parts, copies.Wait()
}

// copyPart copies the source's bytes from first to last. The error is errRestart if the source has
// changed since the upload began, or the upload is gone.
func (u upload) copyPart(ctx context.Context, number int, first, last int64) (types.CompletedPart, error) {
	part := types.CompletedPart{PartNumber: aws.Int32(int32(number))}
	input := &s3.UploadPartCopyInput{
		Bucket: aws.String(u.destination.bucket), Key: aws.String(u.destination.key),
		UploadId: u.id, PartNumber: part.PartNumber, CopySource: aws.String(u.source.copySource()),
		CopySourceIfMatch: u.head.ETag, // parts of two versions must not be mixed
	}
	// "You can copy a range only if the source object is greater than 5 MB"
	// ("UploadPartCopy" in the Amazon S3 API reference).
	if last-first+1 < aws.ToInt64(u.head.ContentLength) {
		input.CopySourceRange = aws.String(fmt.Sprintf("bytes=%d-%d", first, last))
	}
	out, err := u.client.UploadPartCopy(ctx, input)
	if awserror.Status(err) == http.StatusPreconditionFailed || awserror.Code(err) == "NoSuchUpload" {
		return part, fmt.Errorf("%w: %w", errRestart, err)
	}
	if err != nil {
		return part, err
	}
	part.ETag, part.ChecksumCRC64NVME = out.CopyPartResult.ETag, out.CopyPartResult.ChecksumCRC64NVME
	return part, nil
}

// partSize returns the smallest part size, at least minBytes, with which an upload has at most maxParts parts.
func partSize(size, minBytes int64) int64 {
	return max(minBytes, (size+maxParts-1)/maxParts)
}
