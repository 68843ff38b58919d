package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// link is a presigned URL of a delivered object.
type link struct {
	URI       string    `json:"uri"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// longestLink is S3's limit ("Sharing objects with presigned URLs" in the Amazon S3
// User Guide).
const longestLink = 7 * 24 * time.Hour

// checkExpires refuses what links can't have as their time to work.
func checkExpires(expires span) error {
	if time.Duration(expires) < time.Second || time.Duration(expires) > longestLink {
		return usageError{errors.New("--expires is not from 1s to 7d")}
	}
	return nil
}

// newSigner signs links to a bucket in a Region; "" is the configuration's.
func newSigner(cfg aws.Config, region string) *s3.PresignClient {
	return s3.NewPresignClient(newRegionalClient(cfg, region))
}

// newRegionalClient makes a client for a bucket in a Region; "" is the
// configuration's.
func newRegionalClient(cfg aws.Config, region string) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.Region = cmp.Or(region, o.Region) })
}

// sign signs links to objects, given as s3://BUCKET/KEY. It sends no request.
func sign(ctx context.Context, signer *s3.PresignClient, uris []string, expires time.Duration, now time.Time,
) ([]link, error) {
	var links []link
	for _, uri := range uris {
		bucket, key, ok := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
		if !ok {
			return nil, fmt.Errorf("%q is not an S3 object: is it in the attribute delivered?", uri)
		}
		signed, err := signer.PresignGetObject(ctx,
			&s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}, s3.WithPresignExpires(expires))
		if err != nil {
			return nil, fmt.Errorf("sign a link to %q: %w", uri, err)
		}
		links = append(links, link{uri, signed.URL, now.Add(expires).UTC().Truncate(time.Second)})
	}
	return links, nil
}
