package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
)

// withoutResult answers a request as if it had succeeded, and does not pass it on.
var withoutResult = faultproxy.Reply(http.StatusOK, "application/xml", "")

// losingResult passes a request on, and answers without its result.
func losingResult(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	forward.ServeHTTP(httptest.NewRecorder(), r)
	w.WriteHeader(http.StatusOK)
}

func isHead(r faultproxy.Request) bool { return r.Method == http.MethodHead }

// TestNoResult: an answer without a result doesn't count as a copy. A retry finds out whether the copy exists.
func TestNoResult(t *testing.T) {
	f := newFiles(t)
	f.shortly(silence, longSilence)
	for name, test := range map[string]struct {
		large bool
		match func(faultproxy.Request) bool
	}{
		"CopyObject":              {match: isCopyObject},
		"CreateMultipartUpload":   {large: true, match: isCreate},
		"UploadPartCopy":          {large: true, match: isPartCopy},
		"CompleteMultipartUpload": {large: true, match: isComplete},
		"HeadObject":              {large: true, match: isHead},
	} {
		t.Run(name, func(t *testing.T) {
			begin := func(key string, times int, do func(http.ResponseWriter, *http.Request, http.Handler)) copied {
				f.proxy.Reset()
				if test.large {
					f.tooLarge()
				}
				f.put(t, "source", key, "hello")
				f.proxy.Inject(faultproxy.Fault{Match: test.match, Times: times, Do: do})
				return f.deliver(t, key)
			}
			t.Run("ErrEachTime", func(t *testing.T) {
				got := begin(name+"-never", 0, withoutResult)
				if got.failure == nil || got.failure.kind != unavailable || f.count(test.match) != attempts {
					t.Errorf("after %d requests, got %+v", f.count(test.match), got)
				}
			})
			t.Run("OKAfterOnce", func(t *testing.T) {
				got := begin(name+"-once", 1, withoutResult)
				if _, body := f.get(t, name+"-once"); got.failure != nil || body != "hello" {
					t.Errorf("%q is there, got %+v", body, got)
				}
			})
			t.Run("OKOnceDone", func(t *testing.T) {
				got := begin(name+"-done", 1, losingResult)
				if _, body := f.get(t, name+"-done"); got.failure != nil || body != "hello" {
					t.Errorf("%q is there, got %+v", body, got)
				}
			})
		})
	}
}
