// Package beginning reads the beginnings of S3 objects.
package beginning

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/awserror"
)

// attempts is how often Read tries to read an object if the connection breaks off. The SDK retries all other failures.
const attempts = 4

// Read returns at most the first size bytes of an object; nil if the object is empty. Errors come from S3.
func Read(ctx context.Context, client *s3.Client, bucket, key string, size int64) ([]byte, error) {
	var broken error
	for range attempts {
		out, err := client.GetObject(ctx, &s3.GetObjectInput{
			Bucket: aws.String(bucket), Key: aws.String(key), Range: aws.String(fmt.Sprintf("bytes=0-%d", size-1)),
		}, func(o *s3.Options) {
			// S3 has no checksum for a range, and the SDK would log a warning.
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		})
		if awserror.Status(err) == http.StatusRequestedRangeNotSatisfiable {
			return nil, nil // an empty object has no range
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(io.LimitReader(out.Body, size))
		_ = out.Body.Close()
		if err == nil {
			return content, nil
		}
		broken = err
	}
	return nil, fmt.Errorf("the answer reports success, but its body can't be read: %w", broken)
}
