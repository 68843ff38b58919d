package copyguard

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/loopback"
)

// Proxy returns a handler that passes requests on to the S3 server at endpoint, a URL or a [loopback.Socket], with the
// guard in front. It asks the server whether an object exists with the Region and the credentials of config.
func Proxy(endpoint string, config aws.Config) (http.Handler, error) {
	proxy, err := loopback.Proxy(endpoint)
	if err != nil {
		return nil, fmt.Errorf("guard the S3 server at %s: %w", endpoint, err)
	}
	transport, url, err := loopback.Transport(endpoint)
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = aws.String(url.String()), true
		o.HTTPClient = &http.Client{Transport: transport}
	})
	exists := func(ctx context.Context, bucket, key string) bool {
		_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		return err == nil // on any other error, the server answers the copy with it
	}
	return New(proxy, exists), nil
}
