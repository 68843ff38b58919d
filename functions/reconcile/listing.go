package main

import (
	"context"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket lists a bucket in the order of the keys' bytes, as S3 does for general purpose buckets
// ("Listing object keys programmatically" in the Amazon S3 User Guide). It is safe for
// concurrent use.
type bucket struct {
	client   *s3.Client
	name     string
	requests *atomic.Int64
}

// page is one page of a listing. If more is true, it has at least one object.
type page struct {
	objects []object
	more    bool
}

// pageSize is the maximum number of objects that S3 lists in one answer.
const pageSize = 1000

// list lists at most limit objects with a prefix, after a key. It continues after a key instead of
// with a token, because a later invocation can use the key.
func (b *bucket) list(ctx context.Context, prefix, after string, limit int32) (page, error) {
	b.requests.Add(1)
	out, err := b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(b.name), Prefix: optional(prefix), StartAfter: optional(after), MaxKeys: aws.Int32(limit),
		// Keys may have characters that XML can't represent.
		EncodingType: types.EncodingTypeUrl,
	})
	if err != nil {
		return page{}, fmt.Errorf("list bucket %s after %q: %w", b.name, after, err)
	}
	p := page{objects: make([]object, 0, len(out.Contents)), more: aws.ToBool(out.IsTruncated)}
	for _, content := range out.Contents {
		key := aws.ToString(content.Key)
		if out.EncodingType == types.EncodingTypeUrl { // some servers don't encode
			if key, err = url.QueryUnescape(key); err != nil {
				return page{}, fmt.Errorf("list bucket %s: decode the key %q: %w", b.name, aws.ToString(content.Key), err)
			}
		}
		if key <= after {
			return page{}, fmt.Errorf("list bucket %s: its keys are out of order: %q follows %q", b.name, key, after)
		}
		after = key
		p.objects = append(p.objects, object{
			key: key, size: aws.ToInt64(content.Size), tag: aws.ToString(content.ETag),
			modified: aws.ToTime(content.LastModified),
		})
	}
	if p.more && len(p.objects) == 0 {
		return page{}, fmt.Errorf("list bucket %s after %q: the page is empty, but is not the last", b.name, after)
	}
	return p, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
