package invocation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"sdtasktracker/shared/pause"
)

// patience is how long Lambda may throttle every invocation of a function before a run gives
// up. A burst of other invocations ends sooner, and a reserved concurrency of 0 doesn't end.
const patience = 5 * time.Minute

// ThrottledError is the error for a function that Lambda never invokes.
type ThrottledError struct {
	// Function is the function's name in AWS Lambda.
	Function string
	// For is how long Lambda has throttled every invocation.
	For time.Duration
	// Err is the error of the last invocation.
	Err error
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("Lambda has throttled every invocation of %s for %v. Check that its reserved concurrency is not 0 "+
		"(aws lambda get-function-concurrency --function-name %s) and that the account has concurrency left "+
		"(aws lambda get-account-settings), then try again: %v", e.Function, e.For.Round(time.Minute), e.Function, e.Err)
}

func (e *ThrottledError) Unwrap() error { return e.Err }

// Run invokes functions, and retries throttled invocations (HTTP status 429, "Understanding
// Lambda function scaling" in the AWS Lambda Developer Guide). It is safe for concurrent use.
type Run struct {
	invoker *Invoker
	now     func() time.Time
	gap     time.Duration // between the starts of two invocations; 0 for no limit

	throttled atomic.Int64

	mutex   sync.Mutex           // guards next and refused
	next    time.Time            // when the next invocation may start
	refused map[string]time.Time // by function: when Lambda first throttled it since it last accepted an invocation
}

// Begin returns a new run. now is its clock, which must advance. The run starts at most
// ratePerSecond invocations per second; 0 means no limit.
func (i *Invoker) Begin(now func() time.Time, ratePerSecond float64) *Run {
	r := &Run{invoker: i, now: now, refused: map[string]time.Time{}}
	if ratePerSecond > 0 {
		r.gap = time.Duration(float64(time.Second) / ratePerSecond)
		r.next = time.Now().Add(r.gap)
	}
	return r
}

// The first and the longest pause after a throttled invocation. The pause doubles each time,
// so that Lambda throttles few requests while all of the concurrency is in use.
const (
	firstPause = 50 * time.Millisecond
	maxPause   = 2 * time.Second
)

// Invoke is like [Invoker.Invoke], but waits for the run's rate, and retries a throttled invocation until ctx ends. A
// retry doesn't count toward the rate. It returns a [*ThrottledError] if Lambda has throttled every invocation of the
// function for five minutes.
func (r *Run) Invoke(ctx context.Context, function string, event []byte) error {
	if err := pause.For(ctx, time.Until(r.start(time.Now()))); err != nil {
		return err
	}
	for wait := firstPause; ; wait = min(2*wait, maxPause) {
		err := r.invoker.Invoke(ctx, function, event)
		if !isThrottled(err) {
			r.accept(function)
			return err
		}
		if wait == firstPause {
			r.throttled.Add(1)
		}
		if refused := r.refuse(function); refused > patience {
			return &ThrottledError{Function: r.invoker.Functions[function], For: refused, Err: err}
		}
		// A random pause, so that invocations that were throttled together don't return together.
		if err := pause.For(ctx, wait/2+rand.N(wait/2)); err != nil {
			return err
		}
	}
}

// maxBehind is how much lost time a run catches up with, so that a timer's delays don't lower a rate of hundreds a
// second.
const maxBehind = 100 * time.Millisecond

// start returns when an invocation may start, and reserves that time.
func (r *Run) start(now time.Time) time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	start := r.next
	if earliest := now.Add(-maxBehind); start.Before(earliest) {
		start = earliest
	}
	r.next = start.Add(r.gap)
	return start
}

// accept records that Lambda accepted an invocation of a function.
func (r *Run) accept(function string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.refused, function)
}

// refuse records that Lambda throttled an invocation. It returns how long Lambda has throttled
// every invocation of the function.
func (r *Run) refuse(function string) time.Duration {
	now := r.now()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.refused[function].IsZero() {
		r.refused[function] = now
	}
	return now.Sub(r.refused[function])
}

// Throttled returns the number of invocations that Lambda throttled at least once.
func (r *Run) Throttled() int { return int(r.throttled.Load()) }
