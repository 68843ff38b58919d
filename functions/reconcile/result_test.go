package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
)

// asDeployed gives the handler the deployed clients, without pauses between attempts, and
// a clock that advances.
func (w *world) asDeployed() {
	deployed := func(proxy *faultproxy.Proxy) aws.Config {
		return localtest.Impatient(awsclient.Configure(localtest.Config(proxy.URL)))
	}
	w.Source = s3.NewFromConfig(deployed(w.store.Proxy), longLists)
	w.Destination = w.Source
	w.Table.Client = dynamodb.NewFromConfig(deployed(w.table.Proxy))
	w.Invoker.Client = invocation.NewClient(deployed(w.functions.Proxy))
	start := time.Now()
	w.Now = func() time.Time { return now.Add(time.Since(start)) }
}

func isList(r faultproxy.Request) bool { return strings.Contains(r.Query, "list-type=2") }

func isRead(r faultproxy.Request) bool { return r.Method == http.MethodGet && !isList(r) }

func isBatchGet(r faultproxy.Request) bool { return r.Operation == "BatchGetItem" }

// TestNoResult: an answer without its result is an error, and doesn't count as an empty
// bucket or table. A retry fixes it.
func TestNoResult(t *testing.T) {
	w := newWorld(t, nil)
	w.asDeployed()
	w.end(t, 0, "t", "aaaa", 1)
	w.end(t, 0, "f", "bbbb", 0)
	cutOff := func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("ETag", `"0f3c"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"code":`))
	}
	for name, test := range map[string]struct {
		proxy *faultproxy.Proxy
		match func(faultproxy.Request) bool
		do    func(http.ResponseWriter, *http.Request, http.Handler)
	}{
		"ErrEmptyListing": {w.store.Proxy, isList, faultproxy.Reply(http.StatusOK, "application/xml", "")},
		"ErrAnotherXML":   {w.store.Proxy, isList, faultproxy.Reply(http.StatusOK, "application/xml", "<x/>")},
		"ErrEmptyBatch":   {w.table.Proxy, isBatchGet, faultproxy.Reply(http.StatusOK, "application/json", "{}")},
		"ErrOutputCutOff": {w.store.Proxy, isRead, cutOff},
		"ErrOutputPages":  {w.store.Proxy, isRead, faultproxy.Reply(http.StatusOK, "text/html", "<html>")},
	} {
		t.Run(name, func(t *testing.T) {
			end := test.proxy.Inject(faultproxy.Fault{Match: test.match, Do: test.do})
			answer, err := w.Handle(t.Context(), []byte(`{}`))
			if err == nil || !strings.Contains(err.Error(), "the answer reports success, but") {
				t.Errorf("got %+v, error is %v", answer, err)
			}
			end()
			defer test.proxy.Inject(faultproxy.Fault{Match: test.match, Times: 3, Do: test.do})()
			got := w.reconcile(t, reconciliation.Request{})
			if got.Runs != 2 || got.Kinds[reconciliation.MissingInTable] != 2 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// throttle is Lambda's answer where a function's concurrency is used up.
func throttle(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`))
}

// TestThrottled: reconcile retries throttled repairs. If Lambda throttles every
// invocation for minutes, reconcile fails.
func TestThrottled(t *testing.T) {
	const runs, throttles = 5, 2
	w := newWorld(t, nil)
	w.asDeployed()
	for n := range runs {
		w.end(t, 0, string(rune('a'+n)), "aaaa", 1)
	}
	t.Run("ErrForMinutes", func(t *testing.T) {
		clock := w.Now
		defer func() { w.Now = clock }()
		var minutes atomic.Int64
		w.Now = func() time.Time { return clock().Add(time.Duration(minutes.Add(1)) * time.Minute) }
		defer w.functions.Proxy.Inject(faultproxy.Fault{Do: throttle})()
		answer, err := w.Handle(t.Context(), []byte(`{"repair":true}`))
		if err == nil || !strings.Contains(err.Error(), "Lambda has throttled every invocation of record") {
			t.Errorf("error is %v", err)
		}
		if answer.Failed != 0 || answer.Repaired != 0 || len(answer.More) == 0 {
			t.Errorf("got %+v", answer)
		}
	})
	t.Run("OK", func(t *testing.T) {
		w.functions.Proxy.Inject(faultproxy.Fault{Times: throttles, Do: throttle})
		got := w.reconcile(t, reconciliation.Request{Repair: true})
		if got.Repaired != runs || got.Failed != 0 || len(got.More) > 0 || got.Throttled < 1 || got.Throttled > throttles {
			t.Errorf("got %+v", got)
		}
	})
}
