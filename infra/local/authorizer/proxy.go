package authorizer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/loopback"
)

// maxBodyBytes is the largest body of a request, except for S3: a synchronous
// invocation's payload ("Lambda quotas").
const maxBodyBytes = 6 << 20

// proxy forwards allowed requests.
type proxy struct {
	authorizer *Authorizer
	service    Service
	server     *httputil.ReverseProxy
}

// Proxy returns a handler that forwards allowed requests to a service's
// endpoint, a URL, and denies other requests as the service does on AWS. The access
// key ID identifies the caller. The handler doesn't check signatures. It signs
// forwarded requests with credentials that the server accepts.
func (a *Authorizer) Proxy(service Service, endpoint string, credentials aws.Credentials) http.Handler {
	server := loopback.Proxy(endpoint)
	server.Transport = signer{credentials, server.Transport}
	// The client sees its connection break, as the proxy saw.
	server.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	return &proxy{a, service, server}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if opensConnection(r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	principal, op, err := p.read(r)
	if err == nil {
		err = p.authorizer.authorize(principal, op.needs)
	} else {
		p.authorizer.denied(err)
	}
	if err != nil {
		deny(w, p.service, err)
		return
	}
	server := *p.server
	server.ModifyResponse = func(response *http.Response) error {
		return p.authorizer.hideMissing(response, principal, op.ifMissing)
	}
	server.ServeHTTP(w, r)
}

// opensConnection reports whether a request only opens a connection, as functions do
// while they initialize.
func opensConnection(r *http.Request) bool {
	return r.Method == http.MethodHead && r.URL.Path == "/" && r.Header.Get("Authorization") == ""
}

// read returns a request's caller and operation. The operation is in the body, except for S3.
func (p *proxy) read(r *http.Request) (principal iam.Principal, op operation, err error) {
	var body []byte
	if p.service != S3 {
		body, err = io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBodyBytes))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return principal, op, fmt.Errorf("read the request: %w", err)
		}
		if err != nil {
			panic(http.ErrAbortHandler) // the caller has ended
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sum := sha256.Sum256(body)
		r.Header.Set(payloadHash, hex.EncodeToString(sum[:]))
	}
	if principal, err = p.authorizer.caller(r); err != nil {
		return principal, op, err
	}
	op, err = p.authorizer.read(p.service, r, body)
	return principal, op, err
}

// hideMissing replaces S3's answer that an object is missing with AccessDenied, unless
// the caller may list the bucket.
func (a *Authorizer) hideMissing(response *http.Response, principal iam.Principal, ifMissing []need) error {
	if response.StatusCode != http.StatusNotFound || len(ifMissing) == 0 {
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
	if err := a.authorize(principal, ifMissing); err != nil {
		replace(response, err)
	}
	return nil
}

// authorize checks needs in order, and returns the first denial.
func (a *Authorizer) authorize(principal iam.Principal, needs []need) error {
	for _, n := range needs {
		if err := a.Authorize(principal, n.action, n.resource, ""); err != nil {
			return err
		}
	}
	return nil
}
