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

// bucket lists a bucket in the order of the keys' bytes, which is that of S3's
// general purpose buckets ("Listing object keys programmatically", Amazon S3 User
// Guide). Its methods may be called from several goroutines.
type bucket struct {
	client   *s3.Client
	name     string
	requests *atomic.Int64
}

// page is a part of a listing.
type page struct {
	objects []object
	more    bool
}

// pageSize is the most that S3 lists in one answer.
const pageSize = 1000

// list lists at most so many objects whose keys begin with prefix and come after
// a key. Continuation is by key, not by token: a key is good for a later
// invocation too.
func (b *bucket) list(ctx context.Context, prefix, after string, most int32) (page, error) {
	b.requests.Add(1)
	out, err := b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(b.name), Prefix: optional(prefix), StartAfter: optional(after), MaxKeys: aws.Int32(most),
		// XML has no characters for some keys.
		EncodingType: types.EncodingTypeUrl,
	})
	if err != nil {
		return page{}, fmt.Errorf("list bucket %s after %q: %w", b.name, after, err)
	}
	p := page{objects: make([]object, 0, len(out.Contents)), more: aws.ToBool(out.IsTruncated)}
	for _, content := range out.Contents {
		key := aws.ToString(content.Key)
		if out.EncodingType == types.EncodingTypeUrl {
			if key, err = url.QueryUnescape(key); err != nil {
				return page{}, fmt.Errorf("list bucket %s: the key %q: %w", b.name, aws.ToString(content.Key), err)
			}
		}
		if key <= after {
			return page{}, fmt.Errorf("list bucket %s: the key %q comes after %q: the bucket is not listed in order",
				b.name, key, after)
		}
		after = key
		p.objects = append(p.objects, object{
			key: key, size: aws.ToInt64(content.Size), tag: aws.ToString(content.ETag),
			modified: aws.ToTime(content.LastModified),
		})
	}
	if p.more && len(p.objects) == 0 {
		return page{}, fmt.Errorf("list bucket %s after %q: an empty page that is not the last", b.name, after)
	}
	return p, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
