package faultproxy_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

// lateEnd is a request's body whose end is read only once the answer has begun.
type lateEnd struct {
	io.ReadCloser
	left  int
	begun <-chan struct{}
	ended chan<- error
}

func (b *lateEnd) Read(p []byte) (int, error) {
	if b.left > 0 {
		n, _ := b.ReadCloser.Read(p[:min(len(p), b.left)])
		b.left -= n
		return n, nil
	}
	<-b.begun
	n, err := b.ReadCloser.Read(p)
	b.ended <- err
	return n, err
}

// TestAnswersBeforeTheBodyEnds: a server may answer before the proxy has read the
// end of the request's body. The client gets the whole answer.
func TestAnswersBeforeTheBodyEnds(t *testing.T) {
	const question = "question"
	begun, ended := make(chan struct{}), make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "be")
		_ = http.NewResponseController(w).Flush()
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("the body ends with %v", err)
		}
		_, _ = io.WriteString(w, "gun")
	}))
	defer server.Close()
	proxy, err := faultproxy.Start(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	proxy.Inject(faultproxy.Fault{Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		r.Body = &lateEnd{r.Body, len(question), begun, ended}
		forward.ServeHTTP(w, r)
	}})
	answer, err := http.Post(proxy.URL, "text/plain", strings.NewReader(question))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	close(begun)
	if body, err := io.ReadAll(answer.Body); string(body) != "begun" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}
