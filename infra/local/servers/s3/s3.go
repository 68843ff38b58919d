// Package s3 starts the S3 server of the local stack, a process that keeps objects as
// plain files. The server is a Go module of its own, in gateway/: its requirements are more
// than all the project's.
package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/process"
	"sdtasktracker/infra/loopback"
)

// Process is the process that serves S3.
type Process struct {
	// Server is the process itself.
	Server *process.Server
	// Handler passes requests on to it.
	Handler http.Handler
}

// Start serves the buckets in dir, an absolute path, which it creates, and waits
// until the server listens on a Unix socket, which no web page can reach. root is the
// project's directory, with the server built. The configuration has the server's Region and credentials.
func Start(ctx context.Context, root, dir string, config aws.Config) (*Process, error) {
	keys, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	var socket string
	command := func(directory string) *exec.Cmd {
		socket = filepath.Join(directory, "s3")
		c := exec.Command(filepath.Join(root, "build/bin/local-s3"), dir, socket)
		c.Env = []string{
			"AWS_REGION=" + config.Region, "AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
		}
		return c
	}
	var listening bool
	server, err := process.ServeSockets(ctx, command, &listening)
	if err != nil {
		return nil, fmt.Errorf("start the local S3 server: %w", err)
	}
	proxy, err := loopback.Proxy(loopback.Socket(socket))
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return &Process{Server: server, Handler: copyguard.New(proxy, config)}, nil
}
