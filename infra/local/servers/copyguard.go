package servers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// copyGuard adds what no local S3 server implements: If-None-Match: * on the
// destination of a CopyObject, which AWS has since October 2025 ("How to
// prevent object overwrites with conditional writes").
type copyGuard struct {
	backend interface {
		HeadObject(context.Context, *s3.HeadObjectInput) (*s3.HeadObjectOutput, error)
	}
	next http.Handler
	keys sync.Map // of *sync.Mutex: the destinations being written
}

func (g *copyGuard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	isCopy := r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "" && !r.URL.Query().Has("uploadId")
	if !isCopy || r.Header.Get("If-None-Match") != "*" {
		g.next.ServeHTTP(w, r)
		return
	}
	lock, _ := g.keys.LoadOrStore(r.URL.Path, new(sync.Mutex))
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	_, err := g.backend.HeadObject(r.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil { // there is none, or the server will say itself what is wrong
		g.next.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusPreconditionFailed)
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code>`+
		`<Message>At least one of the pre-conditions you specified did not hold</Message>`+
		`<Condition>If-None-Match</Condition></Error>`)
}
