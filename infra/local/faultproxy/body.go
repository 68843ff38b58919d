package faultproxy

import (
	"io"
	"net/http"
)

// bounded ends a request's body after the length that the request declares.
//
// A transport reads on until the body's end. The HTTP server closes the body when
// the answer begins; a read after that fails, and the transport takes it for a
// failed request and cuts the answer.
type bounded struct {
	io.ReadCloser
	left int64
}

// bound bounds the body of a request with a declared length.
func bound(r *http.Request) {
	if r.Body != nil && r.ContentLength > 0 {
		r.Body = &bounded{r.Body, r.ContentLength}
	}
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
