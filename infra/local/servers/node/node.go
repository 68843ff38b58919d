// Package node serves DynamoDB, SNS and SQS from one Node process, for the
// local stack. The servers listen on 127.0.0.1 only and keep everything in memory.
package node

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

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

// startTimeout is how long Node may take to start its servers.
const startTimeout = 30 * time.Second

// Process is the process that serves DynamoDB, SNS and SQS.
type Process struct {
	// URLs are the servers' endpoints.
	URLs map[Service]string

	command *exec.Cmd
	stdin   io.Closer
	done    chan struct{}
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
	n := &Process{command: exec.Command("node", args...), done: make(chan struct{})}
	n.command.Env = environment(region)
	var stderr strings.Builder
	n.command.Stderr = &stderr
	ready, err := n.start()
	if err != nil {
		return nil, fmt.Errorf("start the local servers: %w (Node 20 or later is needed)", err)
	}
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(startTimeout):
		err = fmt.Errorf("not ready after %v", startTimeout)
	}
	if err != nil {
		_ = n.Close()
		return nil, fmt.Errorf("start the local servers: %w\n%s", err, stderr.String())
	}
	return n, nil
}

// start starts Node. The channel gets nil once the servers listen and URLs has
// their endpoints.
func (n *Process) start() (ready <-chan error, err error) {
	if n.stdin, err = n.command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := n.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(n.command); err != nil {
		return nil, err
	}
	listening := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, &n.URLs)
		}
		listening <- err
		_, _ = io.Copy(io.Discard, stdout)
		_ = n.command.Wait() // how it ended does not matter
		close(n.done)
	}()
	return listening, nil
}

// environment has only the variables that Node needs, because the servers read
// settings such as an account and endpoints from others.
func environment(region string) []string {
	variables := []string{"AWS_REGION=" + region}
	for _, name := range []string{"PATH", "HOME"} {
		variables = append(variables, name+"="+os.Getenv(name))
	}
	if dir := os.TempDir(); isDir(dir) {
		variables = append(variables, "TMPDIR="+dir)
	}
	return variables
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Done returns a channel that is closed when the process has ended, for whatever
// reason.
func (n *Process) Done() <-chan struct{} { return n.done }

// Close kills the process and waits for it to end.
func (n *Process) Close() error {
	_ = n.stdin.Close()
	process.Kill(n.command)
	<-n.done
	return nil
}
