package copyguard

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// maxIdleConns is how many idle connections to a server are kept: deliver copies 32
// objects at a time in each sandbox, and up to 10 sandboxes run.
const maxIdleConns = 320

// Proxy returns a handler that passes requests on to the S3 server at endpoint, a URL, with
// the guard in front. It asks the server whether an object exists with the Region and the
// credentials of config.
func Proxy(endpoint string, config aws.Config) (http.Handler, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("guard the S3 server at %s: %w", endpoint, err)
	}
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		o.BaseEndpoint = aws.String(endpoint)
		o.UsePathStyle = true
	})
	exists := func(ctx context.Context, bucket, key string) bool {
		_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		return err == nil // on any other error, the server answers the copy with it
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // the client signed it
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: maxIdleConns},
	}
	return New(proxy, exists), nil
}
