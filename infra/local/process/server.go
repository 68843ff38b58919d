package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// startTimeout is how long a server may take to start.
const startTimeout = 30 * time.Second

// stderrTimeout is how long a server's own child processes may keep its standard error
// open after the server has ended.
const stderrTimeout = time.Second

// Server is a child process that serves on Unix sockets until its standard input ends.
type Server struct {
	directory string // of its sockets
	command   *exec.Cmd
	stdin     io.Closer
	stderr    bytes.Buffer
	closing   atomic.Bool
	done      chan struct{}
	cause     error // set before done is closed
}

// Serve starts a server and waits until it listens on sockets of these names. command
// gets a directory for them, which is removed when the server or this process has ended,
// even if it was killed. The error includes the server's standard error.
func Serve(ctx context.Context, command func(directory string) *exec.Cmd, sockets ...string) (*Server, error) {
	directory, err := os.MkdirTemp("", "sockets") // a socket's path has at most about 100 characters
	if err != nil {
		return nil, fmt.Errorf("make a directory for sockets: %w", err)
	}
	s := &Server{directory: directory, command: command(directory), done: make(chan struct{})}
	s.command.Stderr, s.command.WaitDelay = &s.stderr, stderrTimeout
	if s.stdin, err = s.command.StdinPipe(); err == nil {
		err = Start(s.command)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	removed := removeAfter(directory)
	go s.wait(removed)
	for _, name := range sockets {
		if err := s.await(ctx, name); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// removeAfter starts a shell that removes a directory when its input ends: when this
// process ends in any way, or at the first call of removed.
func removeAfter(directory string) (removed func()) {
	shell := exec.Command("sh", "-c", `read -r _; rm -rf "$0"`, directory)
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C doesn't reach it
	input, err := shell.StdinPipe()
	if err == nil {
		err = shell.Start()
	}
	return func() {
		if err != nil {
			_ = os.RemoveAll(directory)
			return
		}
		_ = input.Close()
		_ = shell.Wait()
	}
}

func (s *Server) wait(removed func()) {
	_ = s.command.Wait() // ProcessState says how it ended
	removed()
	if !s.closing.Load() {
		s.cause = fmt.Errorf("%s ended: %v\n%s", filepath.Base(s.command.Path), s.command.ProcessState, &s.stderr)
	}
	close(s.done)
}

// await waits until the server listens on a socket.
func (s *Server) await(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		connection, err := net.Dial("unix", filepath.Join(s.directory, name))
		if err == nil {
			return connection.Close()
		}
		select {
		case <-s.done:
			return s.cause
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w", filepath.Base(s.command.Path), ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Socket returns the URL of a socket, for [sdtasktracker/infra/loopback.Proxy]. No web page can reach it.
func (s *Server) Socket(name string) string { return "unix://" + filepath.Join(s.directory, name) }

// Done returns a channel that is closed when the process has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err returns an error that says how the process ended, with its standard error. It
// returns nil if Close ended the process. It must not be called before [Server.Done] is
// closed.
func (s *Server) Err() error { return s.cause }

// Close kills the process and waits for it to end.
func (s *Server) Close() error {
	s.closing.Store(true)
	_ = s.stdin.Close()
	Kill(s.command)
	<-s.done
	return nil
}
