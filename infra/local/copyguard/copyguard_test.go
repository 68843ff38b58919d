package copyguard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sdtasktracker/infra/local/copyguard"
	"sdtasktracker/infra/local/localtest"
)

// store is a minimal S3 server that records which paths were written.
type store struct {
	objects sync.Map
	writes  atomic.Int64
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		if _, ok := s.objects.Load(r.URL.Path); !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		return
	}
	s.objects.Store(r.URL.Path, true)
	s.writes.Add(1)
}

// start serves a store that holds /b/there behind a guard.
func start(t *testing.T) (*store, string) {
	t.Helper()
	s := &store{}
	s.objects.Store("/b/there", true)
	server := httptest.NewServer(copyguard.New(s, localtest.Config("")))
	t.Cleanup(server.Close)
	return s, server.URL
}

func put(t *testing.T, url string, header map[string]string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode, string(text)
}

func TestGuard(t *testing.T) {
	conditional := map[string]string{"X-Amz-Copy-Source": "a/k", "If-None-Match": "*"}
	for name, test := range map[string]struct {
		path   string
		header map[string]string
		status int
	}{
		"OKNew":            {"/b/new", conditional, http.StatusOK},
		"ErrExists":        {"/b/there", conditional, http.StatusPreconditionFailed},
		"ErrExistsEscaped": {"/b/%74here", conditional, http.StatusPreconditionFailed},
		"OKUnconditional": {
			"/b/there", map[string]string{"X-Amz-Copy-Source": "a/k"}, http.StatusOK},
		"OKPart":   {"/b/there?partNumber=1&uploadId=u", conditional, http.StatusOK},
		"OKUpload": {"/b/there", map[string]string{"If-None-Match": "*"}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			s, url := start(t)
			status, body := put(t, url+test.path, test.header)
			if status != test.status || (s.writes.Load() == 1) != (status == http.StatusOK) {
				t.Errorf("answered %d after %d writes, want %d", status, s.writes.Load(), test.status)
			}
			if refused := strings.Contains(body, "<Code>PreconditionFailed</Code>"); refused != (status != http.StatusOK) {
				t.Errorf("the body is %q", body)
			}
		})
	}
}

// TestConcurrentCopies: exactly one of several conditional copies to a key writes.
func TestConcurrentCopies(t *testing.T) {
	s, url := start(t)
	var copies sync.WaitGroup
	var written atomic.Int64
	for range 20 {
		copies.Go(func() {
			status, _ := put(t, url+"/b/new", map[string]string{"X-Amz-Copy-Source": "a/k", "If-None-Match": "*"})
			if status == http.StatusOK {
				written.Add(1)
			}
		})
	}
	copies.Wait()
	if written.Load() != 1 || s.writes.Load() != 1 {
		t.Errorf("%d copies succeeded, %d wrote", written.Load(), s.writes.Load())
	}
}
