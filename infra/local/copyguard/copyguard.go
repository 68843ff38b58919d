// Package copyguard adds a feature to an S3 server that no local server
// implements: If-None-Match: * on the destination of CopyObject, which Amazon S3
// has supported since October 2025 ("How to prevent object overwrites with conditional
// writes" in the Amazon S3 User Guide).
package copyguard

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/loopback"
)

// guard serializes the conditional copies to each destination, so that exactly
// one of several concurrent copies writes it.
type guard struct {
	server http.Handler
	client *s3.Client
	keys   sync.Map // *sync.Mutex by destination path; never removed
}

// New returns a handler that responds to a conditional copy onto an existing object
// with 412 PreconditionFailed, and passes every other request to the server. It
// expects path-style requests. It asks the server whether an object exists with the
// Region and the credentials of config.
func New(server http.Handler, config aws.Config) http.Handler {
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle, o.HTTPClient = aws.String("http://127.0.0.1"), true, direct{server}
	})
	return &guard{server: server, client: client}
}

// direct is an HTTP client whose requests a handler answers.
type direct struct{ handler http.Handler }

// Do implements [s3.HTTPClient].
func (d direct) Do(r *http.Request) (*http.Response, error) {
	r.Host = r.URL.Host
	recorder := httptest.NewRecorder()
	d.handler.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isCopy := r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && !r.URL.Query().Has("uploadId")
	if !isCopy || r.Header.Get("If-None-Match") != "*" {
		g.server.ServeHTTP(w, r)
		return
	}
	lock, _ := g.keys.LoadOrStore(r.URL.Path, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	_, err := g.client.HeadObject(r.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil { // an error other than a missing object: the server answers the copy with it, too
		g.server.ServeHTTP(w, r)
		return
	}
	loopback.S3Error(w, http.StatusPreconditionFailed, "PreconditionFailed",
		"At least one of the pre-conditions you specified did not hold")
}
