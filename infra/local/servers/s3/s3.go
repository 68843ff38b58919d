// Package s3 starts the S3 server of the local stack, a process that keeps objects as
// plain files. The server is a Go module of its own, in gateway/, because it requires
// more modules than the rest of the project.
package s3

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/process"
	"sdtasktracker/infra/loopback"
)

// Start serves the buckets in dir, an absolute path, which it creates, and waits
// until the server listens on a Unix socket, which no web page can reach. The handler
// passes requests on to it. root is the project's directory, with the server built.
// The configuration has the server's Region and credentials.
func Start(
	ctx context.Context, root, dir string, config aws.Config,
) (server *process.Server, handler http.Handler, err error) {
	keys, err := config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, nil, err
	}
	const socket = "s3"
	server, err = process.Serve(ctx, func(directory string) *exec.Cmd {
		c := exec.Command(filepath.Join(root, "build/bin/local-s3"), dir, filepath.Join(directory, socket))
		c.Env = []string{
			"AWS_REGION=" + config.Region, "AWS_ACCESS_KEY_ID=" + keys.AccessKeyID,
			"AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
		}
		return c
	}, socket)
	if err != nil {
		return nil, nil, fmt.Errorf("start the local S3 server: %w", err)
	}
	return server, asAWS{copyguard.New(loopback.Proxy(server.Socket(socket)), config)}, nil
}
