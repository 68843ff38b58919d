// Package node serves DynamoDB, SNS and SQS from one Node process, for the
// local stack. The servers listen on 127.0.0.1 only and keep everything in memory.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"sdtasktracker/infra/local/process"
)

// Service is a server in the Node process.
type Service string

const (
	// DynamoDB is dynalite.
	DynamoDB Service = "dynamodb"
	// Messaging is fauxqs: SNS and SQS at one endpoint.
	Messaging Service = "messaging"
)

// Process is the process that serves DynamoDB, SNS and SQS.
type Process struct {
	// Server is the process itself.
	Server *process.Server
	// URLs are the servers' endpoints.
	URLs map[Service]string
}

// Start starts the services in a Region and waits until they listen. root is the
// project's directory, with the packages of infra/package.json installed.
func Start(ctx context.Context, root, region string, services ...Service) (*Process, error) {
	if _, err := os.Stat(filepath.Join(root, "infra/node_modules/fauxqs")); err != nil {
		return nil, errors.New("the local servers are not installed: run make prepare")
	}
	args := []string{filepath.Join(root, "infra/local/servers/node/servers.mjs")}
	for _, service := range services {
		args = append(args, string(service))
	}
	command := exec.Command("node", args...)
	command.Env = environment(region)
	n := &Process{}
	var err error
	if n.Server, err = process.Serve(ctx, command, &n.URLs); err != nil {
		return nil, fmt.Errorf("start the local servers (they need Node.js 22 or 24): %w", err)
	}
	return n, nil
}

// environment has only the variables that Node needs, because the servers read
// settings such as an account and endpoints from others.
func environment(region string) []string {
	return []string{
		"AWS_REGION=" + region, "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir(),
	}
}
