package authorizer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/iam"
)

// maxBodyBytes is the largest body of a request, beside S3's: a synchronous
// invocation's payload ("Lambda quotas").
const maxBodyBytes = 6 << 20

// proxy forwards what is allowed.
type proxy struct {
	authorizer *Authorizer
	service    Service
	forward    http.Handler
}

// Proxy returns a handler that forwards allowed requests to a service's
// endpoint, a URL, and answers others as the service does on AWS. It tells the
// caller by the access key ID, does not check the signature, and signs what it
// forwards with credentials that the server takes.
func (a *Authorizer) Proxy(service Service, endpoint string, credentials aws.Credentials) (http.Handler, error) {
	server, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("read the endpoint of %s: %w", service, err)
	}
	p := &proxy{authorizer: a, service: service}
	p.forward = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = server.Scheme, server.Host, server.Host
		},
		Transport:      newSigner(credentials),
		ModifyResponse: p.hideMissing,
		ErrorLog:       log.New(io.Discard, "", 0), // of servers that are made to fail
		// The client sees its connection break, as the proxy saw.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	return p, nil
}

// admitted is a request that may be forwarded, in its context.
type admitted struct {
	principal iam.Principal
	operation operation
}

type admittedKey struct{}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if opensConnection(r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	request, err := p.admit(r)
	if err != nil {
		deny(w, p.service, err)
		return
	}
	p.forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), admittedKey{}, request)))
}

// opensConnection reports whether a request asks for nothing: functions send it while they
// initialize, for the connection's sake.
func opensConnection(r *http.Request) bool {
	return r.Method == http.MethodHead && r.URL.Path == "/" && r.Header.Get("Authorization") == ""
}

// admit tells who asks for what, and decides.
func (p *proxy) admit(r *http.Request) (admitted, error) {
	body, err := p.buffer(r)
	if err != nil {
		return admitted{}, err
	}
	principal, err := p.authorizer.caller(r)
	if err != nil {
		return admitted{}, p.authorizer.report(err)
	}
	op, err := p.authorizer.read(p.service, r, body)
	if err != nil {
		return admitted{}, p.authorizer.report(err)
	}
	return admitted{principal, op}, p.authorizer.authorize(principal, op.needs)
}

// buffer reads the body, which says what a request is about, except for S3.
func (p *proxy) buffer(r *http.Request) ([]byte, error) {
	if p.service == S3 {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBodyBytes))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.Header.Get(payloadHash) == "" {
		r.Header.Set(payloadHash, hash(body))
	}
	return body, nil
}

// hideMissing answers that access is denied in place of S3's answer that an
// object is missing, where the caller may not know.
func (p *proxy) hideMissing(response *http.Response) error {
	request, _ := response.Request.Context().Value(admittedKey{}).(admitted)
	if response.StatusCode != http.StatusNotFound || len(request.operation.ifMissing) == 0 {
		return nil
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if response.Request.Method != http.MethodHead && !bytes.Contains(body, []byte("<Code>NoSuchKey</Code>")) {
		return nil
	}
	if err := p.authorizer.authorize(request.principal, request.operation.ifMissing); err != nil {
		replace(response, err)
	}
	return nil
}

// report tells of a request that can't be evaluated, and returns the error.
func (a *Authorizer) report(err error) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.denied(err)
	return err
}

// authorize decides on several needs, up to the first that is denied.
func (a *Authorizer) authorize(principal iam.Principal, needs []need) error {
	for _, n := range needs {
		if err := a.Authorize(principal, n.action, n.resource, ""); err != nil {
			return err
		}
	}
	return nil
}
