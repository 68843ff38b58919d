package faultproxy_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

// closedEarly is a request's body that was closed once its bytes were read.
type closedEarly struct {
	io.ReadCloser
	left int64
}

func (b *closedEarly) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errors.New("read on closed body")
	}
	n, _ := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, nil
}

// TestBodyClosedEarly: the server may close the request's body before the proxy
// has looked for its end. The client gets the whole answer.
func TestBodyClosedEarly(t *testing.T) {
	proxy, _ := start(t)
	proxy.Inject(faultproxy.Fault{Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		r.Body = &closedEarly{r.Body, r.ContentLength}
		forward.ServeHTTP(w, r)
	}})
	wantDone(t, proxy)
}
