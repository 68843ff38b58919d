// Package s3 starts the S3 server of the local stack, a process that keeps objects as
// plain files. The server is a Go module of its own, in gateway/: its requirements are more
// than all the project's.
package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/process"
)

// Process is the process that serves S3.
type Process struct {
	*process.Server
	// URL is the server's endpoint.
	URL string
}

// Start serves the buckets in dir, an absolute path, which it creates, and waits
// until the server listens. root is the project's directory, with the server built.
func Start(ctx context.Context, root, dir, region string, keys aws.Credentials) (*Process, error) {
	command := exec.Command(filepath.Join(root, "build/bin/local-s3"), dir)
	command.Env = []string{
		"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
	}
	var endpoint string
	server, err := process.Serve(ctx, command, &endpoint)
	if err != nil {
		return nil, fmt.Errorf("start the local S3 server: %w", err)
	}
	url, err := guard(server, endpoint, aws.Config{Region: region,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	return &Process{server, url}, nil
}

// guard serves what makes a server answer as Amazon S3 does, until the server ends.
func guard(server *process.Server, endpoint string, config aws.Config) (url string, err error) {
	proxy, err := copyguard.Proxy(endpoint, config)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	front := &http.Server{Handler: asAWS{proxy}, ReadHeaderTimeout: time.Minute}
	go func() { _ = front.Serve(listener) }()
	go func() {
		<-server.Done()
		_ = front.Close()
	}()
	return "http://" + listener.Addr().String(), nil
}
