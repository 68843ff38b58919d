// Package s3 starts the S3 server of the local stack, a process that keeps objects as
// plain files.
package s3

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

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
func Start(ctx context.Context, root, dir, region string, credentials aws.Credentials) (*Process, error) {
	command := exec.Command(filepath.Join(root, "build/local-s3"), dir)
	command.Env = []string{
		"AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=" + credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY=" + credentials.SecretAccessKey,
	}
	p := &Process{}
	var err error
	if p.Server, err = process.Serve(ctx, command, &p.URL); err != nil {
		return nil, fmt.Errorf("start the local S3 server: %w", err)
	}
	return p, nil
}
