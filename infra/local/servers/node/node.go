// Package node serves DynamoDB, SNS and SQS from one Node process, for the
// local stack. The servers listen on Unix sockets and keep everything in memory.
package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"sdtasktracker/infra/local/process"
)

// The services.
const (
	// DynamoDB is dynalite.
	DynamoDB = "dynamodb"
	// Messaging is fauxqs: SNS and SQS at one endpoint.
	Messaging = "messaging"
)

// Start starts the services in a Region and waits until each listens on the socket of its name. root is the
// project's directory, with the packages of infra/package.json installed.
func Start(ctx context.Context, root, region string, services ...string) (*process.Server, error) {
	server, err := process.Serve(ctx, func(directory string) *exec.Cmd {
		program := filepath.Join(root, "infra/local/servers/node/servers.mjs")
		c := exec.Command("node", append([]string{program, directory}, services...)...)
		c.Env = environment(region)
		return c
	}, services...)
	if err != nil {
		return nil, fmt.Errorf("start the local servers (they need Node.js 22 or 24, and make prepare): %w", err)
	}
	return server, nil
}

// environment returns this process's environment without variables that the servers would
// take as settings, such as an account. It keeps the others: a version manager's node needs
// them.
func environment(region string) []string {
	others := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "AWS_") || strings.HasPrefix(variable, "FAUXQS_")
	})
	return append(others, "AWS_REGION="+region)
}
