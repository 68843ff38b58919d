package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// watched is an HTTP client whose requests fail with [context.DeadlineExceeded] if the server
// sends nothing for the duration of silence. It doesn't limit a request's total time.
type watched struct {
	next    aws.HTTPClient
	silence time.Duration
}

// Do implements [aws.HTTPClient].
func (c watched) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	silent := fmt.Errorf("the server sent nothing for %v: %w", c.silence, context.DeadlineExceeded)
	timer := time.AfterFunc(c.silence, func() { cancel(silent) })
	end := func() { timer.Stop(); cancel(nil) }
	response, err := c.next.Do(r.WithContext(ctx))
	if err != nil {
		err = causeOf(ctx, err)
		end()
		return nil, err
	}
	timer.Reset(c.silence)
	response.Body = &watchedBody{response.Body, func() { timer.Reset(c.silence) }, end, ctx}
	return response, nil
}

// watchedBody is a response's body. Each read restarts the timer.
type watchedBody struct {
	io.ReadCloser
	heard, end func()
	ctx        context.Context
}

// Read implements [io.Reader].
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		return n, causeOf(b.ctx, err)
	}
	b.heard()
	return n, err
}

// Close implements [io.Closer].
func (b *watchedBody) Close() error {
	b.end()
	return b.ReadCloser.Close()
}

// causeOf returns the cause of ctx's cancellation, or err if ctx is not canceled.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
