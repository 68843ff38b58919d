package bench

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// endpoint answers the requests of record and deliver as DynamoDB, S3 and SNS do, over TLS,
// with a latency for each round trip, including those of the handshakes.
type endpoint struct {
	server                       *httptest.Server
	roots                        string // a file with the certificate authorities
	trips, connections, requests atomic.Int64
	ready                        atomic.Int64 // connections whose handshakes are done
	latency                      time.Duration
	topic                        string        // of task events; "" for none
	closed                       chan struct{} // ends latencies
}

// bundles are the files in which systems keep the certificate authorities that they trust.
var bundles = []string{
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
}

func newEndpoint(t testing.TB, latency time.Duration) *endpoint {
	t.Helper()
	e := &endpoint{latency: latency, closed: make(chan struct{}), roots: filepath.Join(t.TempDir(), "roots.pem")}
	e.server = httptest.NewUnstartedServer(e)
	e.server.Listener = slowListener{e.server.Listener, e}
	e.server.StartTLS()
	t.Cleanup(func() {
		close(e.closed)
		e.server.Close()
	})
	// A function reads as many authorities as on Lambda.
	var roots []byte
	for _, bundle := range bundles {
		if text, err := os.ReadFile(bundle); err == nil {
			roots = text
			break
		}
	}
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.server.Certificate().Raw})
	if err := os.WriteFile(e.roots, append(roots, own...), 0o644); err != nil {
		t.Fatal(err)
	}
	return e
}

// environment has the variables of a function that calls the endpoint.
func (e *endpoint) environment() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": e.server.URL, "SSL_CERT_FILE": e.roots, "SSL_CERT_DIR": "/nonexistent",
		"TASK_EVENTS_TOPIC": e.topic,
	}
}

// counts is what happened at an endpoint.
type counts struct{ connections, requests, trips int64 }

func (e *endpoint) counts() counts {
	return counts{e.connections.Load(), e.requests.Load(), e.trips.Load()}
}

func (c counts) minus(before counts) counts {
	return counts{c.connections - before.connections, c.requests - before.requests, c.trips - before.trips}
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.requests.Add(1)
	_, _ = io.Copy(io.Discard, r.Body)
	if r.Header.Get("X-Amz-Target") != "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte("{}"))
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		_, _ = w.Write([]byte(`<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`))
		return
	}
	w.Header().Set("X-Amz-Request-Id", "1")
	w.Header().Set("ETag", `"0123456789abcdef0123456789abcdef"`)
	_, _ = w.Write([]byte(`<CopyObjectResult><ETag>"0123456789abcdef0123456789abcdef"</ETag></CopyObjectResult>`))
}

// slowListener delays each connection by a round trip, TCP's handshake.
type slowListener struct {
	net.Listener
	endpoint *endpoint
}

func (l slowListener) Accept() (net.Conn, error) {
	connection, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.endpoint.connections.Add(1)
	slow := &slowConn{Conn: connection, endpoint: l.endpoint}
	slow.trips.Store(1)
	return slow, nil
}

// slowConn delays a write that follows a read, because it is an answer.
type slowConn struct {
	net.Conn
	endpoint *endpoint
	trips    atomic.Int64 // to wait for with the next answer, besides its own
	read     atomic.Bool
	answered atomic.Bool
	ready    sync.Once
}

func (c *slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.read.Store(true)
	}
	if n > 0 && c.answered.Load() { // the client has finished TLS's handshake
		c.ready.Do(func() { c.endpoint.ready.Add(1) })
	}
	return n, err
}

func (c *slowConn) Write(b []byte) (int, error) {
	if c.read.Swap(false) {
		trips := c.trips.Swap(0) + 1
		c.endpoint.trips.Add(trips)
		select {
		case <-time.After(time.Duration(trips) * c.endpoint.latency):
		case <-c.endpoint.closed:
		}
	}
	c.answered.Store(true)
	return c.Conn.Write(b)
}
