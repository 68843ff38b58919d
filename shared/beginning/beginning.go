// Package beginning reads the beginnings of S3 objects.
package beginning

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/awserror"
)

// Read returns the first bytes of an object, at most size; nil if the object is empty. The client
// retries if the connection breaks off. Errors come from S3.
func Read(ctx context.Context, client *s3.Client, bucket, key string, size int64) ([]byte, error) {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Range: aws.String(fmt.Sprintf("bytes=0-%d", size-1)),
	}, func(o *s3.Options) {
		// S3 has no checksum of a range, and the SDK would log that.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.APIOptions = append(o.APIOptions, awsclient.Buffer(size))
	})
	if awserror.Status(err) == http.StatusRequestedRangeNotSatisfiable {
		return nil, nil // an empty object has no range
	}
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}
