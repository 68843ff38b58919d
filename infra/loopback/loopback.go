// Package loopback serves HTTP on this machine to programs and to its own page, but not to other web pages.
//
// Any web page can make the browser send requests to 127.0.0.1. The page can't read the answers of another origin, but
// it can publish a message with a form. With a host name that resolves to 127.0.0.1 (DNS rebinding), it can also read
// the answers. So the servers here refuse requests with another Host than this machine's, requests that come from a
// page according to the browser (Origin, and Sec-Fetch-Site in "Fetch Metadata Request Headers"), and, with
// [RequireCredentials], requests without the caller's access key.
package loopback

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Server serves on a free port of 127.0.0.1.
type Server struct {
	// URL is the server's endpoint.
	URL string

	server *http.Server
}

// Serve starts a server for programs. The caller must close it. Web pages may load objects by presigned URLs, as the
// page of sdtasks report does: a presigned URL grants the right to read.
func Serve(handler http.Handler) (*Server, error) { return serve(0, handler, isPresigned) }

// ServePage starts the server of a page, which may send it requests. It listens on a port of 127.0.0.1; 0 is any free
// port. The caller must close it. The handler must keep other users of the machine out with a secret in the page's
// path.
func ServePage(port int, handler http.Handler) (*Server, error) {
	return serve(port, handler, isOwnPage)
}

func serve(port int, handler http.Handler, allowed func(*http.Request) bool) (*Server, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + listener.Addr().String(),
		server: &http.Server{Handler: refusePages(handler, allowed), ReadHeaderTimeout: time.Minute}}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Close ends the server and its connections.
func (s *Server) Close() error { return s.server.Close() }

// refusePages refuses requests of web pages, unless they are allowed.
func refusePages(handler http.Handler, allowed func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := r.Header.Get("Sec-Fetch-Site")
		fromPage := r.Header.Get("Origin") != "" || site != "" && site != "none"
		if !IsThisMachine(r.Host) || fromPage && !allowed(r) {
			http.Error(w, "this server is for programs on this machine, not for web pages", http.StatusForbidden)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// isOwnPage reports whether a request comes from a page of this server, according to the browser.
func isOwnPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return r.Header.Get("Sec-Fetch-Site") == "same-origin" && (origin == "" || origin == "http://"+r.Host)
}

// IsThisMachine reports whether a host, with or without a port, is this machine. Browsers resolve localhost and names
// that end in .localhost without DNS, so nobody can point them elsewhere.
func IsThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// isPresigned reports whether a request reads, with a signature in its URL. S3 checks the signature.
func isPresigned(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.Query().Get("X-Amz-Signature") != ""
}

// RequireCredentials returns a handler that refuses a request without the access key, in the header Authorization or in
// a presigned URL. The key is secret: a page that doesn't know it can't use the server.
func RequireCredentials(accessKey string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed := strings.Contains(r.Header.Get("Authorization"), "Credential="+accessKey+"/") ||
			isPresigned(r) && strings.HasPrefix(r.URL.Query().Get("X-Amz-Credential"), accessKey+"/")
		if !signed {
			http.Error(w, "this server takes the credentials of the local stack: . .local/env", http.StatusForbidden)
			return
		}
		handler.ServeHTTP(w, r)
	})
}
