package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/function"
)

// TestAttempts: the configuration that function.Main makes has a number of
// attempts of its own, which must not cap that of S3's client.
func TestAttempts(t *testing.T) {
	cfg := function.Config([]string{"AWS_REGION=us-east-1"})
	if got := NewClient(cfg, "").Options().Retryer.MaxAttempts(); got != attempts {
		t.Errorf("S3's client makes %d attempts, want %d", got, attempts)
	}
}

// TestSilence: a connection that stays silent costs an attempt's timeout, and
// the next attempt succeeds. One that is slow does not count as silent.
func TestSilence(t *testing.T) {
	const silence, maxPause = 200 * time.Millisecond, 2 * time.Second // before the second attempt
	store, copier := newStore(t)
	copier.Client = s3.New(copier.Client.Options(), func(o *s3.Options) { o.HTTPClient = newHTTPClient(silence) })
	for name, test := range map[string]struct {
		do       func(http.ResponseWriter, *http.Request, http.Handler)
		requests int
	}{
		"hung": {func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() }, 2},
		"slow": {func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
			answer := httptest.NewRecorder()
			forward.ServeHTTP(answer, r)
			for _, piece := range bytes.SplitAfter(answer.Body.Bytes(), []byte(">")) {
				_, _ = w.Write(piece)
				_ = http.NewResponseController(w).Flush()
				<-time.After(silence / 4) // a slow server's pace
			}
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			store.Proxy.Reset()
			put(t, store, name)
			store.Proxy.Inject(faultproxy.Fault{Times: 1, Do: test.do})
			start := time.Now()
			got := copier.CopyAll(t.Context(), []string{"s3://source/" + name}, "")[0]
			if took := time.Since(start); got.failure != nil || took > silence+maxPause+time.Second {
				t.Errorf("it took %v: %+v", took, got.failure)
			}
			if sent := len(store.Proxy.Requests(nil)); sent != test.requests {
				t.Errorf("%d requests were sent, want %d", sent, test.requests)
			}
		})
	}
}
