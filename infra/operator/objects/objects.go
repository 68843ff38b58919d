// Package objects signs links to delivered objects.
package objects

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/delivery"
)

// Link is a presigned URL of a delivered object. Anybody who has it can open the object until it expires.
type Link struct {
	URI       string    `json:"uri"` // s3://BUCKET/KEY
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// maxExpires is S3's limit ("Sharing objects with presigned URLs" in the Amazon S3 User Guide).
const maxExpires = 7 * 24 * time.Hour

// CheckExpires returns an error if S3 doesn't sign links that work for this long.
func CheckExpires(expires command.Span) error {
	if time.Duration(expires) < time.Second || time.Duration(expires) > maxExpires {
		return command.Usagef("--expires must be from 1s to 7d")
	}
	return nil
}

// Sign signs links to objects, given as s3://BUCKET/KEY, with the client's credentials. It sends no request to S3. The
// links expire after expires, or earlier if the credentials do.
func Sign(ctx context.Context, client *s3.Client, uris []string, expires command.Span, now time.Time) ([]Link, error) {
	signer := s3.NewPresignClient(client)
	until := now.Add(time.Duration(expires))
	used, err := client.Options().Credentials.Retrieve(ctx)
	if err == nil && used.CanExpire && used.Expires.Before(until) {
		until = used.Expires
	}
	var links []Link
	for _, uri := range uris {
		bucket, key, _ := delivery.SplitURI(uri)
		signed, err := signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)},
			s3.WithPresignExpires(time.Duration(expires)))
		if err != nil {
			return nil, fmt.Errorf("sign a link to %q: %w", uri, err)
		}
		links = append(links, Link{uri, signed.URL, until.UTC().Truncate(time.Second)})
	}
	return links, nil
}
