package stack

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/copyguard"
)

// guardS3 puts the copy guard in front of an S3 server that is not the stack's own
// and may lack conditional copies too. It returns the guard's endpoint.
func (s *Stack) guardS3(endpoint string) (string, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return "", err
	}
	client := s3.NewFromConfig(s.Config, func(o *s3.Options) {
		o.BaseEndpoint = aws.String(endpoint)
		o.UsePathStyle = true
	})
	exists := func(ctx context.Context, bucket, key string) bool {
		_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		return err == nil
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the client signed it
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: copyguard.New(proxy, exists), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	s.closers = append(s.closers, server.Close)
	return "http://" + listener.Addr().String(), nil
}
