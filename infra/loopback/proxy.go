package loopback

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// maxIdle is how many idle connections to a server are kept: deliver copies 32 objects concurrently in each of up to 10
// sandboxes.
const maxIdle = 320

// Proxy returns a proxy to a server, given its URL, or unix:// and the path of its socket. It forwards the Host header,
// which the client has signed. It panics if the endpoint is not a URL.
func Proxy(endpoint string) *httputil.ReverseProxy {
	server, err := url.Parse(endpoint)
	if err != nil {
		panic(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: maxIdle, DisableCompression: true} // answers are forwarded unchanged
	if server.Scheme == "unix" {
		path := server.Path
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		}
		server = &url.URL{Scheme: "http", Host: "127.0.0.1"}
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = server.Scheme, server.Host, r.In.Host
		},
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0), // errors come from servers that are being stopped
	}
}
