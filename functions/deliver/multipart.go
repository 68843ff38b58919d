package main

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Objects of more than 5 GB are copied in parts, which S3 copies in parallel.
// A part's copy is S3 reading and writing at some 100 MB/s, so time is the
// object's size over (100 MB/s × parts at once). With 64 at once, 6 GB take a
// second or two and 5 TB some 13 minutes: within the function's 15. Parts of
// 256 MB keep all 64 busy from 16 GB on and cost a request each, $5 a million;
// above 2.5 TB they have to grow, since an upload has at most 10,000 parts
// ("Amazon S3 multipart upload limits").
const (
	minPartBytes    = 256 << 20
	maxParts        = 10_000
	partConcurrency = 64
)

// abortTimeout is how long cleaning up after a failed upload may take, from
// what function.WorkContext has kept back.
const abortTimeout = 2 * time.Second

// upload is a copy in parts under way.
type upload struct {
	client              *s3.Client
	source, destination object
	head                *s3.HeadObjectOutput // the source's
	id                  *string
}

// copyParts copies an object that is too large for CopyObject. Unlike CopyObject
// it has to ask for the source's metadata and tags, and carry them over itself.
func (c *Copier) copyParts(ctx context.Context, source, destination object) error {
	head, err := c.Client.HeadObject(ctx, source.head())
	if err != nil {
		return err
	}
	tagging, err := c.tagging(ctx, source, head)
	if err != nil {
		return err
	}
	created, err := c.Client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket: aws.String(destination.bucket), Key: aws.String(destination.key), Tagging: tagging,
		Metadata: head.Metadata, ContentType: head.ContentType, CacheControl: head.CacheControl,
		ContentDisposition: head.ContentDisposition, ContentEncoding: head.ContentEncoding,
		ContentLanguage: head.ContentLanguage, WebsiteRedirectLocation: head.WebsiteRedirectLocation,
	})
	if err != nil {
		return err
	}
	u := upload{client: c.Client, source: source, destination: destination, head: head, id: created.UploadId}
	parts, err := u.copyAll(ctx)
	if err == nil {
		_, err = c.Client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: created.Bucket, Key: created.Key, UploadId: u.id, IfNoneMatch: aws.String("*"),
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
	}
	if err != nil {
		return u.abort(ctx, err)
	}
	return nil
}

// abort ends a failed upload: parts of an upload that is never completed are
// stored, and billed.
func (u upload) abort(ctx context.Context, cause error) error {
	abortCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	_, err := u.client.AbortMultipartUpload(abortCtx, &s3.AbortMultipartUploadInput{
		Bucket: aws.String(u.destination.bucket), Key: aws.String(u.destination.key), UploadId: u.id})
	if err != nil {
		return fmt.Errorf("%w (and its upload %s could not be aborted: %w)", cause, aws.ToString(u.id), err)
	}
	return cause
}

// tagging is the source's tags as CreateMultipartUpload takes them.
func (c *Copier) tagging(ctx context.Context, source object, head *s3.HeadObjectOutput) (*string, error) {
	if aws.ToInt32(head.TagCount) == 0 {
		return nil, nil
	}
	tags, err := c.Client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{
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

// copyAll copies every part, several at a time. The first error ends it.
func (u upload) copyAll(ctx context.Context) ([]types.CompletedPart, error) {
	partCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	size := aws.ToInt64(u.head.ContentLength)
	partBytes := partSize(size)
	parts := make([]types.CompletedPart, (size+partBytes-1)/partBytes)
	slots := make(chan struct{}, partConcurrency)
	var copies sync.WaitGroup
	for i := range parts {
		slots <- struct{}{}
		copies.Go(func() {
			defer func() { <-slots }()
			if partCtx.Err() != nil {
				return
			}
			first := int64(i) * partBytes
			part, err := u.copyPart(partCtx, i+1, first, min(first+partBytes, size)-1)
			if err != nil {
				cancel(err)
				return
			}
			parts[i] = part
		})
	}
	copies.Wait()
	return parts, context.Cause(partCtx)
}

// copyPart copies the source's bytes from first to last.
func (u upload) copyPart(ctx context.Context, number int, first, last int64) (types.CompletedPart, error) {
	partNumber := aws.Int32(int32(number))
	out, err := u.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: aws.String(u.destination.bucket), Key: aws.String(u.destination.key), UploadId: u.id, PartNumber: partNumber,
		CopySource: aws.String(u.source.copySource()), CopySourceRange: aws.String(fmt.Sprintf("bytes=%d-%d", first, last)),
		CopySourceIfMatch: u.head.ETag, // parts of two versions must not be mixed
	})
	if err != nil {
		return types.CompletedPart{}, err
	}
	return types.CompletedPart{ETag: out.CopyPartResult.ETag, PartNumber: partNumber}, nil
}

// partSize is the least that S3's limit on parts allows, at least minPartBytes.
func partSize(size int64) int64 {
	return max(minPartBytes, (size+maxParts-1)/maxParts)
}
