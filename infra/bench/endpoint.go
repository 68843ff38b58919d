package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// endpoint answers like DynamoDB and S3 to what record and deliver ask, over TLS, after
// a latency for every round trip, the handshakes' included.
type endpoint struct {
	URL string
	// Roots is a file with this machine's certificate authorities and the endpoint's.
	Roots string
	// Trips counts round trips, Connections and Requests the rest.
	Trips, Connections, Requests atomic.Int64

	latency time.Duration
	server  *http.Server
	states  sync.Map // of connections: an http.ConnState by net.Conn
}

func newEndpoint(latency time.Duration, dir string) (*endpoint, error) {
	certificate, authority, err := newCertificate()
	if err != nil {
		return nil, err
	}
	e := &endpoint{latency: latency, Roots: filepath.Join(dir, "roots.pem")}
	var roots []byte
	for _, file := range []string{
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
	} {
		if roots, err = os.ReadFile(file); err == nil {
			break
		}
	}
	if err := os.WriteFile(e.Roots, append(roots, authority...), 0o644); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e.URL = "https://" + listener.Addr().String()
	e.server = &http.Server{Handler: e, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		ConnState: func(connection net.Conn, state http.ConnState) {
			if e.states.Store(connection, state); state == http.StateClosed {
				e.states.Delete(connection)
			}
		},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}} // DynamoDB and S3 speak HTTP/1.1
	go func() { _ = e.server.ServeTLS(slowListener{listener, e}, "", "") }()
	return e, nil
}

// cut closes all connections, as a server does while a sandbox is frozen.
func (e *endpoint) cut() {
	e.states.Range(func(connection, _ any) bool {
		_ = connection.(net.Conn).Close()
		return true
	})
}

// active tells whether a request is being answered.
func (e *endpoint) active() (found bool) {
	e.states.Range(func(_, state any) bool {
		found = state == http.StateActive
		return !found
	})
	return found
}

func (e *endpoint) close() { _ = e.server.Close() }

// settings are the functions' own variables.
var settings = []string{
	"TASK_TABLE=tasks", "METRIC_NAMESPACE=bench", "METRIC_RUNTIMES=sdruntime", "OUTPUT_BUCKET=from", "DELIVERY_BUCKET=to",
}

// environment are the variables of a function that calls the endpoint.
func (e *endpoint) environment() []string {
	return append([]string{
		"AWS_ENDPOINT_URL=" + e.URL, "SSL_CERT_FILE=" + e.Roots, "SSL_CERT_DIR=/nonexistent",
		"AWS_CA_BUNDLE=" + e.Roots, "NODE_EXTRA_CA_CERTS=" + e.Roots,
	}, settings...)
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.Requests.Add(1)
	_, _ = io.Copy(io.Discard, r.Body)
	if r.Header.Get("X-Amz-Target") != "" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write([]byte("{}"))
		return
	}
	w.Header().Set("Content-Type", "application/xml")
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
	l.endpoint.Connections.Add(1)
	slow := &slowConn{Conn: connection, endpoint: l.endpoint}
	slow.trips.Store(1)
	return slow, nil
}

// slowConn delays what is written after something was read: an answer.
type slowConn struct {
	net.Conn
	endpoint *endpoint
	trips    atomic.Int64 // to wait for with the next answer, besides its own
	read     atomic.Bool
}

func (c *slowConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.read.Store(true)
	}
	return n, err
}

func (c *slowConn) Write(b []byte) (int, error) {
	if c.read.Swap(false) {
		trips := c.trips.Swap(0) + 1
		c.endpoint.Trips.Add(trips)
		time.Sleep(time.Duration(trips) * c.endpoint.latency)
	}
	return c.Conn.Write(b)
}

// newCertificate makes a certificate for 127.0.0.1 and the authority that signed it.
func newCertificate() (certificate tls.Certificate, authority []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return certificate, nil, err
	}
	authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority, nil
}
