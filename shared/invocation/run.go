package invocation

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sdtasktracker/shared/pause"
)

// patience is how long Lambda may throttle every invocation of a function before a run gives
// up. A burst of other invocations ends sooner. A reserved concurrency of 0 never ends.
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

// Run invokes functions, and slows down while Lambda throttles them (HTTP status 429,
// "Understanding Lambda function scaling" in the AWS Lambda Developer Guide). It is safe for
// concurrent use.
type Run struct {
	invoker *Invoker
	now     func() time.Time
	rate    *rate            // nil for no limit
	paces   map[string]*pace // by function, because concurrency is reserved by function

	mutex     sync.Mutex
	throttled int
}

// Begin returns a new run. now is its clock, which must advance. It starts at most
// ratePerSecond invocations in a second; 0 is no limit.
func (i *Invoker) Begin(now func() time.Time, ratePerSecond float64) *Run {
	r := &Run{invoker: i, now: now, paces: map[string]*pace{}}
	if ratePerSecond > 0 {
		gap := time.Duration(float64(time.Second) / ratePerSecond)
		r.rate = &rate{gap: gap, next: time.Now().Add(gap)}
	}
	for function := range i.Functions {
		r.paces[function] = &pace{}
	}
	return r
}

// Invoke is like [Invoker.Invoke], but waits for the run's rate, and retries a throttled invocation until ctx ends. A
// retry doesn't count toward the rate. It returns a [*ThrottledError] if Lambda has throttled every invocation of the
// function for five minutes.
func (r *Run) Invoke(ctx context.Context, function string, event []byte) error {
	if r.rate != nil {
		if err := pause.For(ctx, time.Until(r.rate.take(time.Now()))); err != nil {
			return err
		}
	}
	p, ok := r.paces[function]
	if !ok {
		return r.invoker.Invoke(ctx, function, event)
	}
	for attempt := 1; ; attempt++ {
		if err := p.wait(ctx, r.now); err != nil {
			return err
		}
		started := r.now()
		err := r.invoker.Invoke(ctx, function, event)
		if !isThrottled(err) {
			p.accept()
			return err
		}
		if attempt == 1 {
			r.count()
		}
		if refused := p.refuse(started, r.now()); refused > patience {
			return &ThrottledError{Function: r.invoker.Functions[function], For: refused, Err: err}
		}
	}
}

func (r *Run) count() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.throttled++
}

// Throttled returns the number of invocations that Lambda throttled at least once.
func (r *Run) Throttled() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.throttled
}
