package process

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"
)

// startTimeout is how long a server may take until it listens.
const startTimeout = 30 * time.Second

// stderrTimeout is how long what a server started may keep its standard error open after
// the server's end.
const stderrTimeout = time.Second

// Server is a child process that serves until its standard input ends.
type Server struct {
	command *exec.Cmd
	stdin   io.Closer
	stderr  bytes.Buffer
	closing atomic.Bool
	done    chan struct{}
	cause   error // set before done is closed
}

// Serve starts a server and waits until it has printed a line of JSON, which says
// where it listens, and reads that into address. The error has what the server
// wrote to its standard error.
func Serve(ctx context.Context, command *exec.Cmd, address any) (*Server, error) {
	s := &Server{command: command, done: make(chan struct{})}
	command.Stderr = &s.stderr
	command.WaitDelay = stderrTimeout
	listening, err := s.start(address)
	if err != nil {
		return nil, err
	}
	select {
	case err = <-listening:
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(startTimeout):
		err = fmt.Errorf("not ready after %v", startTimeout)
	}
	if err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("%w\n%s", err, &s.stderr)
	}
	return s, nil
}

// ServeSockets is [Serve] for a server that listens on Unix sockets. command gets a directory for them, which is
// removed when the server has ended.
func ServeSockets(ctx context.Context, command func(directory string) *exec.Cmd, address any) (*Server, error) {
	directory, err := os.MkdirTemp("", "sockets") // a socket's path has some 100 characters at most
	if err != nil {
		return nil, fmt.Errorf("make a directory for sockets: %w", err)
	}
	server, err := Serve(ctx, command(directory), address)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	go func() {
		<-server.Done()
		_ = os.RemoveAll(directory)
	}()
	return server, nil
}

// start starts the command. The channel gets nil once the address is read.
func (s *Server) start(address any) (listening <-chan error, err error) {
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := Start(s.command); err != nil {
		return nil, err
	}
	said := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(stdout).ReadBytes('\n')
		if err == nil {
			err = json.Unmarshal(line, address)
		}
		said <- err
		_, _ = io.Copy(io.Discard, stdout)
		_ = s.command.Wait() // ProcessState says how it ended
		if !s.closing.Load() {
			s.cause = fmt.Errorf("%s ended: %v\n%s", filepath.Base(s.command.Path), s.command.ProcessState, &s.stderr)
		}
		close(s.done)
	}()
	return said, nil
}

// Done returns a channel that is closed when the process has ended, for whatever
// reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err tells how the process ended, and what it wrote to its standard error; nil before
// [Server.Done] is closed, and if Close ended it.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.cause
	default:
		return nil
	}
}

// Close kills the process and waits for it to end.
func (s *Server) Close() error {
	s.closing.Store(true)
	_ = s.stdin.Close()
	Kill(s.command)
	<-s.done
	return nil
}
