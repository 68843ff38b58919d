// Package copyguard adds a feature to an S3 server that no local server
// implements: If-None-Match: * on the destination of CopyObject, which Amazon S3
// has supported since October 2025 ("How to prevent object overwrites with conditional
// writes" in the Amazon S3 User Guide).
package copyguard

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Exists reports whether a bucket holds an object.
type Exists func(ctx context.Context, bucket, key string) bool

// guard serializes the conditional copies to each destination, so that exactly
// one of several concurrent copies writes it.
type guard struct {
	exists Exists
	next   http.Handler
	keys   sync.Map // *sync.Mutex by destination path; never removed
}

// New returns a handler that responds to a conditional copy onto an existing object
// with 412 PreconditionFailed, and passes every other request to next. It expects
// path-style requests.
func New(next http.Handler, exists Exists) http.Handler {
	return &guard{exists: exists, next: next}
}

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isConditionalCopy(r) {
		g.next.ServeHTTP(w, r)
		return
	}
	lock, _ := g.keys.LoadOrStore(r.URL.Path, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if !g.exists(r.Context(), bucket, key) {
		g.next.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusPreconditionFailed)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code>`+
		`<Message>At least one of the pre-conditions you specified did not hold</Message>`+
		`<Condition>If-None-Match</Condition></Error>`)
}

func isConditionalCopy(r *http.Request) bool {
	isCopy := r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && !r.URL.Query().Has("uploadId")
	return isCopy && r.Header.Get("If-None-Match") == "*"
}
