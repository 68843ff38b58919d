// Package node serves DynamoDB, SNS and SQS from one Node process, for the
// local stack. The servers listen on Unix sockets and keep everything in memory.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

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
	// Sockets are the paths of the servers' sockets. Package loopback has proxies to them.
	Sockets map[Service]string
}

// Start starts the services in a Region and waits until they listen. root is the
// project's directory, with the packages of infra/package.json installed.
func Start(ctx context.Context, root, region string, services ...Service) (*Process, error) {
	if _, err := os.Stat(filepath.Join(root, "infra/node_modules/fauxqs")); err != nil {
		return nil, errors.New("the local servers are not installed: run make prepare")
	}
	command := func(directory string) *exec.Cmd {
		c := exec.Command("node", filepath.Join(root, "infra/local/servers/node/servers.mjs"), directory)
		for _, service := range services {
			c.Args = append(c.Args, string(service))
		}
		c.Env = environment(region)
		return c
	}
	n := &Process{}
	var err error
	if n.Server, err = process.ServeSockets(ctx, command, &n.Sockets); err != nil {
		return nil, fmt.Errorf("start the local servers (they need Node.js 22 or 24): %w", err)
	}
	return n, nil
}

// environment has no variable that the servers take for a setting, such as an account. All
// others stay: node may be a version manager's, which needs its own.
func environment(region string) []string {
	others := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "AWS_") || strings.HasPrefix(variable, "FAUXQS_")
	})
	return append(others, "AWS_REGION="+region)
}
