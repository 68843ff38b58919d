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

// silentError is the error for a request that S3 sent nothing for, or only the beginning of
// a response.
type silentError struct{ after time.Duration }

func (e *silentError) Error() string { return fmt.Sprintf("S3 sent nothing for %v", e.after) }

// Timeout tells the SDK's retryer to retry.
func (e *silentError) Timeout() bool { return true }

func isSilent(err error) bool { return errors.As(err, new(*silentError)) }

type dialContext func(ctx context.Context, network, address string) (net.Conn, error)

// watched wraps a dialer. Reads from its connections fail after silence.
func watched(dial dialContext, silence time.Duration) dialContext {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &watchedConn{Conn: connection, silence: silence}, nil
	}
}

// watchedConn is a connection whose reads fail after silence. A write restarts that time,
// which the SDK's read timeout doesn't do: net/http has a read pending on an idle connection,
// so a request would only get the rest of the time since the connection became idle.
type watchedConn struct {
	net.Conn
	silence time.Duration
	written atomic.Int64 // when the last write began, in Unix nanoseconds
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
	return n, err // the connection was idle, even if a request has just been written
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
