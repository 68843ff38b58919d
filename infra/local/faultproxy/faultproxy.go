// Package faultproxy is an HTTP proxy between functions and a server, for tests.
// It records requests and injects faults into selected ones.
package faultproxy

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"time"

	"sdtasktracker/infra/loopback"
)

// Request is a request that the proxy received.
type Request struct {
	Method, Path, Query string
	Header              http.Header
	// Operation is DynamoDB's or SQS's operation, such as UpdateItem; "" for S3.
	Operation string
	// Status is the status of the response, whether or not the client received
	// it; 0 before the response, or if the proxy cut the connection.
	Status int
}

// Fault is a fault to inject into matching requests.
type Fault struct {
	// Match selects requests; nil selects all.
	Match func(Request) bool
	// Times is the number of requests that the fault affects; 0 means no limit.
	Times int
	// Do responds in place of the server. It can call forward to reach the
	// server.
	Do func(w http.ResponseWriter, r *http.Request, forward http.Handler)
}

// Proxy forwards requests to a server. It is safe for concurrent use.
type Proxy struct {
	// URL is the proxy's endpoint.
	URL string

	server  *httptest.Server
	forward http.Handler

	mutex    sync.Mutex
	requests []*Request
	faults   []*fault
}

type fault struct {
	fault Fault
	left  int
}

// Start starts a proxy on a free port of 127.0.0.1, in front of the server at the
// endpoint, an http:// URL or a socket's URL. The caller must close it.
func Start(endpoint string) *Proxy {
	reverse := loopback.Proxy(endpoint)
	forward := reverse.Rewrite
	reverse.Rewrite = func(r *httputil.ProxyRequest) {
		forward(r)
		// The HTTP server closes a request's body when the answer begins. If the transport were still reading the body, the
		// read would fail, and the transport would cut the answer.
		if r.Out.ContentLength > 0 {
			r.Out.Body = body{io.LimitReader(r.Out.Body, r.Out.ContentLength), r.Out.Body}
		}
	}
	p := &Proxy{forward: reverse}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL
	return p
}

type body struct {
	io.Reader
	io.Closer
}

// Close stops the proxy.
func (p *Proxy) Close() { p.server.Close() }

// Inject adds a fault, and returns a function that removes it. If several faults
// match a request, the one added first applies.
func (p *Proxy) Inject(f Fault) (end func()) {
	added := &fault{fault: f, left: f.Times}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.faults = append(p.faults, added)
	return func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.faults = slices.DeleteFunc(p.faults, func(f *fault) bool { return f == added })
	}
}

// Requests returns the matching requests since the last Reset, in order of arrival.
// A nil match selects all.
func (p *Proxy) Requests(match func(Request) bool) []Request {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var found []Request
	for _, r := range p.requests {
		if match == nil || match(*r) {
			found = append(found, *r)
		}
	}
	return found
}

// Reset forgets the recorded requests and removes the faults.
func (p *Proxy) Reset() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.requests, p.faults = nil, nil
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := &Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone()}
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		request.Operation = operation
	}
	fault := p.take(request)
	status := &statusWriter{ResponseWriter: w}
	defer func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		request.Status = status.status
	}()
	if fault != nil {
		fault.Do(status, r, p.forward)
		return
	}
	p.forward.ServeHTTP(status, r)
}

// take records the request and returns the first fault that matches, if any.
func (p *Proxy) take(request *Request) *Fault {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.requests = append(p.requests, request)
	for _, f := range p.faults {
		if (f.fault.Times == 0 || f.left > 0) && (f.fault.Match == nil || f.fault.Match(*request)) {
			f.left--
			return &f.fault
		}
	}
	return nil
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Reply responds with a status and a body without reaching the server.
func Reply(status int, contentType, body string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// Cut resets the connection without reaching the server.
func Cut(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close with a TCP reset
	}
	_ = connection.Close()
}

// LoseAnswer forwards the request, discards the server's response, and resets the
// connection.
func LoseAnswer(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	lost := httptest.NewRecorder()
	forward.ServeHTTP(lost, r)
	if s, ok := w.(*statusWriter); ok {
		s.status = lost.Code
	}
	Cut(w, r, forward)
}

// Delay forwards the request after a delay, unless the client gives up first.
func Delay(wait time.Duration) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		body, err := io.ReadAll(r.Body) // until it is read, the HTTP server does not see that the client is gone
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		select {
		case <-time.After(wait):
			forward.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}
