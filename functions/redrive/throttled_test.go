package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/invocation"
)

// letterQueue is a handler with the deployed clients, without pauses between attempts, and
// a queue of letters with which its function succeeds.
type letterQueue struct {
	*Handler
	functions *localtest.Lambda
	queues    *localtest.Messaging
	url       string
}

func newLetterQueue(t *testing.T, letters int) letterQueue {
	t.Helper()
	bootstrap := localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function")
	q := letterQueue{
		functions: localtest.Functions(t, lambdahost.Function{Name: "f", Bootstrap: bootstrap}),
		queues:    localtest.Queues(t),
	}
	q.url = q.queues.Create(t, "letters")
	for range letters {
		q.queues.Send(t, q.url, `{"Records":[{"Sns":{"MessageId":"m"}}]}`)
	}
	deployed := func(proxy *faultproxy.Proxy) aws.Config {
		return localtest.Impatient(awsclient.Configure(localtest.Config(proxy.URL)))
	}
	q.Handler = newHandler(
		deadletter.NewClient(deployed(q.queues.Proxy)), invocation.NewClient(deployed(q.functions.Proxy)), q.url)
	return q
}

// throttle is Lambda's answer where a function's concurrency is used up ("Invoke" in the
// AWS Lambda API reference).
func throttle(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`))
}

// TestThrottled: letters whose invocations Lambda throttles are redriven later, and none
// counts as failed.
func TestThrottled(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it waits for seconds between invocations")
	}
	const letters, throttles = 20, handlers + 2
	q := newLetterQueue(t, letters)
	q.functions.Proxy.Inject(faultproxy.Fault{Times: throttles, Do: throttle})
	answer, err := q.Handle(t.Context(), json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	counts := answer.Queues["record"]
	if counts.Redriven != letters || counts.Failed != 0 || counts.Left != 0 || answer.More {
		t.Errorf("got %+v, more: %t", counts, answer.More)
	}
	if answer.Throttled < 1 || answer.Throttled > throttles {
		t.Errorf("%d were throttled", answer.Throttled)
	}
}

// TestThrottledForMinutes: if Lambda throttles every invocation, the redrive fails, and
// leaves all dead letters visible.
func TestThrottledForMinutes(t *testing.T) {
	const letters = 5 // fewer than are handled at once: all are received before it gives up
	q := newLetterQueue(t, letters)
	var minutes atomic.Int64
	q.Now = func() time.Time { return time.Now().Add(time.Duration(minutes.Add(1)) * time.Minute) }
	q.functions.Proxy.Inject(faultproxy.Fault{Do: throttle})
	answer, err := q.Handle(t.Context(), json.RawMessage(`{}`))
	if err == nil || !strings.Contains(err.Error(), "Lambda has throttled every invocation of f") {
		t.Errorf("error is %v", err)
	}
	if counts := answer.Queues["record"]; counts.Failed != 0 || counts.Redriven != 0 {
		t.Errorf("got %+v", counts)
	}
	if visible := len(q.queues.Receive(t, q.url)); visible != letters {
		t.Errorf("%d of %d dead letters are visible", visible, letters)
	}
}

// TestMaximum: a redrive that ends at its maximum says that more may be left.
func TestMaximum(t *testing.T) {
	for name, test := range map[string]struct {
		request  string
		redriven int
		more     bool
	}{
		"OKAtMaximum":    {`{"max":2}`, 2, true},
		"OKBelowMaximum": {`{"max":4}`, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := newLetterQueue(t, 3).Handle(t.Context(), json.RawMessage(test.request))
			if err != nil {
				t.Fatal(err)
			}
			if counts := answer.Queues["record"]; counts.Redriven != test.redriven || answer.More != test.more {
				t.Errorf("got %+v, more: %t", counts, answer.More)
			}
		})
	}
}

// TestConcurrency: exactly ten invocations run at once, as the request's documentation says.
func TestConcurrency(t *testing.T) {
	const letters = 30
	q := newLetterQueue(t, letters)
	q.functions.Proxy.Inject(faultproxy.Fault{Do: localtest.AtOnce(t, 10)})
	answer, err := q.Handle(t.Context(), json.RawMessage(`{}`))
	if err != nil || answer.Queues["record"].Redriven != letters {
		t.Errorf("got %+v, %v", answer, err)
	}
}

// TestNoResult: a letter stays if the answer to its invocation or deletion has no result.
func TestNoResult(t *testing.T) {
	for name, test := range map[string]struct {
		proxy func(letterQueue) *faultproxy.Proxy
		match func(faultproxy.Request) bool
		body  string
	}{
		"Invoke":             {letterQueue.lambda, nil, ""},
		"InvokeHTML":         {letterQueue.lambda, nil, "<html>"},
		"DeleteMessageBatch": {letterQueue.sqs, isDelete, "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			q := newLetterQueue(t, 1)
			end := test.proxy(q).Inject(faultproxy.Fault{
				Match: test.match, Do: faultproxy.Reply(http.StatusOK, "application/x-amz-json-1.0", test.body)})
			answer, err := q.Handle(t.Context(), json.RawMessage(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			if counts := answer.Queues["record"]; counts.Redriven != 0 || counts.Failed != 1 || counts.Left != 1 {
				t.Errorf("got %+v", counts)
			}
			end()
			if answer, err = q.Handle(t.Context(), json.RawMessage(`{}`)); err != nil {
				t.Fatal(err)
			}
			if counts := answer.Queues["record"]; counts.Redriven != 1 || counts.Left != 0 {
				t.Errorf("afterwards, got %+v", counts)
			}
		})
	}
}

func isDelete(r faultproxy.Request) bool { return r.Operation == "DeleteMessageBatch" }

func (q letterQueue) lambda() *faultproxy.Proxy { return q.functions.Proxy }

func (q letterQueue) sqs() *faultproxy.Proxy { return q.queues.Proxy }
