package invocation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/failure"
)

// api is Lambda's Invoke API. It throttles invocations above the concurrency.
type api struct {
	concurrency atomic.Int64 // of all functions, at a time
	takes       time.Duration
	answer      string

	running, invoked, throttled atomic.Int64
}

func (a *api) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	defer a.running.Add(-1)
	if a.running.Add(1) > a.concurrency.Load() {
		a.throttled.Add(1)
		w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","message":"Rate Exceeded."}`)
		return
	}
	<-time.After(a.takes)
	a.invoked.Add(1)
	fmt.Fprint(w, a.answer)
}

func begin(t *testing.T, a *api) *Run {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	invoker := &Invoker{
		Client:    NewClient(localtest.Impatient(awsclient.Configure(localtest.Config(server.URL)))),
		Functions: map[string]string{"record": "S-Record", "deliver": "S-Deliver"},
	}
	return invoker.Begin(time.Now, 0)
}

// TestThrottled: throttled invocations succeed in the end, once each, and more slowly.
func TestThrottled(t *testing.T) {
	const invocations, atOnce = 100, 20
	a := &api{takes: 10 * time.Millisecond, answer: "null"}
	a.concurrency.Store(2)
	r := begin(t, a)
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for range invocations {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := r.Invoke(t.Context(), "record", []byte("{}")); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := a.invoked.Load(); got != invocations {
		t.Errorf("%d of %d were invoked", got, invocations)
	}
	if sent, n := a.throttled.Load(), r.Throttled(); n == 0 || n > invocations || sent > 2*invocations {
		t.Errorf("%d requests were throttled, of %d invocations", sent, n)
	}
}

// TestThrottledUntil: if the context ends during throttling, its error is returned.
func TestThrottledUntil(t *testing.T) {
	r := begin(t, &api{})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := r.Invoke(ctx, "record", []byte("{}"))
	if !errors.Is(err, context.DeadlineExceeded) || r.Throttled() != 1 {
		t.Errorf("%d are throttled, error is %v", r.Throttled(), err)
	}
}

// TestRate: an invocation waits until the rate allows it, or the context ends.
func TestRate(t *testing.T) {
	a := &api{answer: "null"}
	a.concurrency.Store(1)
	r := begin(t, a).invoker.Begin(time.Now, 0.001)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := r.Invoke(ctx, "record", []byte("{}"))
	if sent := a.invoked.Load(); !errors.Is(err, context.DeadlineExceeded) || sent != 0 {
		t.Errorf("%d are sent, error is %v", sent, err)
	}
}

// TestRateCatchesUp: the average rate of starts is right even if some are late, and no higher after a pause.
func TestRateCatchesUp(t *testing.T) {
	begin := time.Now()
	r := &Run{gap: 10 * time.Millisecond, next: begin}
	at := func(now time.Duration) time.Duration { return r.start(begin.Add(now)).Sub(begin) }
	for i, test := range []struct{ now, want time.Duration }{
		{0, 0}, {0, 10 * time.Millisecond}, {0, 20 * time.Millisecond},
		{75 * time.Millisecond, 30 * time.Millisecond}, // late: it catches up
		{time.Second, 900 * time.Millisecond},          // after a pause: a tenth of a second at most
		{time.Second, 910 * time.Millisecond},
	} {
		if got := at(test.now); got != test.want {
			t.Errorf("%d: %v, want %v", i, got, test.want)
		}
	}
}

// TestGivesUp: a run gives up if Lambda accepts no invocation of the function for minutes.
func TestGivesUp(t *testing.T) {
	a := &api{}
	r := begin(t, a)
	var minutes atomic.Int64
	r.now = func() time.Time { return time.Unix(60*minutes.Add(1), 0) }
	err := r.Invoke(t.Context(), "record", []byte("{}"))
	var throttled *ThrottledError
	if !errors.As(err, &throttled) || throttled.Function != "S-Record" || throttled.For < patience ||
		throttled.For > patience+2*time.Minute {
		t.Fatalf("error is %v", err)
	}
	if want := "aws lambda get-function-concurrency --function-name S-Record"; !strings.Contains(err.Error(), want) {
		t.Errorf("%q does not say %q", err, want)
	}
	if n := a.throttled.Load(); n < 3 || n > 20 {
		t.Errorf("%d requests were sent", n)
	}
	t.Run("OKOtherFunction", func(t *testing.T) {
		a.answer = "null"
		a.concurrency.Store(1)
		if err := r.Invoke(t.Context(), "deliver", []byte("{}")); err != nil {
			t.Error(err)
		}
	})
	t.Run("OKAfterAccepted", func(t *testing.T) {
		if err := r.Invoke(t.Context(), "record", []byte("{}")); err != nil {
			t.Error(err)
		}
		a.concurrency.Store(0)
		r.now = time.Now // minutes are far
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := r.Invoke(ctx, "record", []byte("{}")); errors.As(err, &throttled) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestNoAnswer: Lambda's success without the function's answer is a failure.
func TestNoAnswer(t *testing.T) {
	for name, answer := range map[string]string{
		"ErrEmpty": "", "ErrBlank": " \n", "ErrHTML": "<html>", "ErrCutOff": "nul",
	} {
		t.Run(name, func(t *testing.T) {
			a := &api{answer: answer}
			a.concurrency.Store(1)
			r := begin(t, a)
			err := r.Invoke(t.Context(), "record", []byte("{}"))
			if failure.KindOf(err) != failure.NotInvoked || a.invoked.Load() != 4 {
				t.Errorf("after %d attempts, the error is %v", a.invoked.Load(), err)
			}
		})
	}
}

// TestSingleClient: a function that shouldn't run twice is only invoked again if it hasn't run.
func TestSingleClient(t *testing.T) {
	for name, test := range map[string]struct {
		status   int
		requests int64
	}{
		"OKThrottled":    {http.StatusTooManyRequests, 8},
		"ErrServerError": {http.StatusInternalServerError, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.WriteHeader(test.status)
			}))
			defer server.Close()
			client := NewSingleClient(awsclient.Configure(localtest.Config(server.URL)), time.Minute)
			client = lambda.New(client.Options(), func(o *lambda.Options) { o.Retryer = localtest.ImpatientRetryer(o.Retryer) })
			_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("f")})
			if err == nil || requests.Load() != test.requests {
				t.Errorf("%d requests, want %d; error is %v", requests.Load(), test.requests, err)
			}
		})
	}
}
