package main

import (
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// maxKeyBytes is the longest key that S3 takes, in bytes of UTF-8 ("Naming Amazon S3 objects").
const maxKeyBytes = 1024

// object is the address of an S3 object. Nothing in its key is escaped.
type object struct{ bucket, key string }

// String returns the object's s3:// URI, with the key as it is.
func (o object) String() string { return "s3://" + o.bucket + "/" + o.key }

// head returns a request for the object's metadata and checksums.
func (o object) head() *s3.HeadObjectInput {
	return &s3.HeadObjectInput{
		Bucket: aws.String(o.bucket), Key: aws.String(o.key), ChecksumMode: types.ChecksumModeEnabled,
	}
}

// copySource returns the object as CopyObject's CopySource. "The value must be URL-encoded"
// ("CopyObject" in the Amazon S3 API Reference), and the SDK doesn't do that. url.QueryEscape escapes
// all reserved characters of a key, but a path needs slashes, and %20 for a space.
func (o object) copySource() string {
	escaped := strings.ReplaceAll(url.QueryEscape(o.key), "+", "%20")
	return o.bucket + "/" + strings.ReplaceAll(escaped, "%2F", "/")
}
