package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// silentError says that a request got no answer, or only its beginning, for a while.
type silentError struct{ after time.Duration }

func (e *silentError) Error() string { return fmt.Sprintf("S3 sent nothing for %v", e.after) }

// Timeout makes the SDK retry the request.
func (e *silentError) Timeout() bool { return true }

func isSilent(err error) bool { return errors.As(err, new(*silentError)) }

type dialContext func(ctx context.Context, network, address string) (net.Conn, error)

// watched dials connections that fail after a time of silence.
func watched(dial dialContext, silence time.Duration) dialContext {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watchedConn{Conn: connection, silence: silence}, nil
	}
}

// watchedConn is a connection whose reads fail after a time of silence. Each write begins
// that time anew, unlike with the SDK's read timeout: net/http reads from an idle connection,
// too, and a request must not be left with what remains of the time that it was idle.
type watchedConn struct {
	net.Conn
	silence time.Duration
	written atomic.Int64 // in Unix nanoseconds
}

// Read implements [net.Conn].
func (c *watchedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) && time.Since(time.Unix(0, c.written.Load())) >= c.silence {
		return n, &silentError{c.silence}
	}
	return n, err // of an idle connection, which a request has just been written to
}

// Write implements [net.Conn].
func (c *watchedConn) Write(p []byte) (int, error) {
	now := time.Now()
	c.written.Store(now.UnixNano())
	if err := c.SetReadDeadline(now.Add(c.silence)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
