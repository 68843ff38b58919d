package invocation

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// patience is for how long Lambda may refuse every invocation of a function before a run
// gives up. Other functions' bursts are over sooner; a function with a reserved
// concurrency of 0 never gets an invocation.
const patience = 5 * time.Minute

// ThrottledError is the error of a run that has given up on a function.
type ThrottledError struct {
	// Function is its name in AWS Lambda.
	Function string
	// For is how long Lambda has refused every invocation.
	For time.Duration
	// Err is the last refusal.
	Err error
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("Lambda has throttled every invocation of %s for %v. Check that its reserved concurrency is not 0 "+
		"(aws lambda get-function-concurrency --function-name %s) and that the account has concurrency left "+
		"(aws lambda get-account-settings), then try again: %v", e.Function, e.For.Round(time.Minute), e.Function, e.Err)
}

func (e *ThrottledError) Unwrap() error { return e.Err }

// Run is the invocations of one run, which slow down together while Lambda throttles them
// (HTTP status 429, "Lambda function scaling" in the AWS Lambda Developer Guide). Its
// methods may be called from several goroutines.
type Run struct {
	invoker *Invoker
	now     func() time.Time
	paces   map[string]*pace // by function: concurrency is reserved for each

	mutex     sync.Mutex
	throttled int
}

// Begin begins a run. now is its clock, which must not stand still.
func (i *Invoker) Begin(now func() time.Time) *Run {
	r := &Run{invoker: i, now: now, paces: map[string]*pace{}}
	for function := range i.Functions {
		r.paces[function] = &pace{}
	}
	return r
}

// Invoke is [Invoker.Invoke], but invokes again while Lambda throttles it, more slowly each
// time. The error is the context's if that ends before Lambda accepts the invocation, and a
// [*ThrottledError] once Lambda has refused every invocation of the function for minutes.
func (r *Run) Invoke(ctx context.Context, function string, event []byte) error {
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

// Throttled returns how many invocations Lambda has throttled, once or more often each.
func (r *Run) Throttled() int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.throttled
}
