// Package faultproxy stands between functions and a server, for tests: it
// counts the requests that pass and makes chosen ones go wrong.
package faultproxy

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Request is one request that came to the proxy.
type Request struct {
	Method, Path, Query string
	Header              http.Header
	// Operation is DynamoDB's or SQS's operation, such as UpdateItem; "" for S3.
	Operation string
	// Status is what the server answered, whether or not the client got to see
	// it; 0 if it was not asked.
	Status int
}

// Fault makes matching requests go wrong.
type Fault struct {
	// Match chooses requests; nil chooses all.
	Match func(Request) bool
	// Times is how many requests go wrong before the fault is over; 0 is all.
	Times int
	// Do answers in place of the server, which forward reaches.
	Do func(w http.ResponseWriter, r *http.Request, forward http.Handler)
}

// Proxy forwards to one server. Its methods may be called from several
// goroutines.
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
	Fault
	left int
}

// Start forwards to the server at the endpoint, an http:// URL.
func Start(endpoint string) (*Proxy, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	// The host stays the proxy's: it is what the client signed.
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, r.In.Host
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway) // the server is being stopped
		},
	}
	p := &Proxy{forward: reverse}
	p.server = httptest.NewServer(p)
	p.URL = p.server.URL
	return p, nil
}

// Close stops the proxy.
func (p *Proxy) Close() { p.server.Close() }

// Inject adds a fault, and returns how to end it.
func (p *Proxy) Inject(f Fault) (end func()) {
	added := &fault{Fault: f, left: f.Times}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.faults = append(p.faults, added)
	return func() {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.faults = slices.DeleteFunc(p.faults, func(f *fault) bool { return f == added })
	}
}

// Requests are those that came since the last Reset and match; nil matches all.
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

// Reset forgets the requests and ends the faults.
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

// take records the request and finds the first fault that it has.
func (p *Proxy) take(request *Request) *fault {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.requests = append(p.requests, request)
	for _, f := range p.faults {
		if (f.Times == 0 || f.left > 0) && (f.Match == nil || f.Match(*request)) {
			f.left--
			return f
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

// Reply answers with a status and a body instead of asking the server.
func Reply(status int, contentType, body string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// Cut resets the connection instead of asking the server.
func Cut(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset, not an orderly end
	}
	_ = connection.Close()
}

// LoseAnswer lets the server do its work and cuts the connection instead of
// passing its answer on.
func LoseAnswer(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	lost := httptest.NewRecorder()
	forward.ServeHTTP(lost, r)
	if s, ok := w.(*statusWriter); ok {
		s.status = lost.Code
	}
	Cut(w, r, forward)
}

// Delay lets a request wait before the server gets it.
func Delay(wait time.Duration) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		select {
		case <-time.After(wait):
			forward.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}
