// Package lambdahost runs compiled Lambda functions as AWS does, over the
// Lambda Runtime API ("Using the Lambda runtime API for custom runtimes"):
// sandboxes that are reused, timeouts that kill them, asynchronous invocation
// with retries and dead-letter queues, and the Invoke API.
package lambdahost

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxSandboxes is how many invocations of one function run at once; more wait.
const maxSandboxes = 10

// Function is a function's configuration, as its template declares it.
type Function struct {
	Name, ARN string
	// Bootstrap is the path of the compiled function.
	Bootstrap string
	// Environment is what the template sets, and the endpoints to call.
	Environment map[string]string
	// Timeout is after what time an invocation's sandbox is killed.
	Timeout time.Duration
	// MemoryMB is told to the function; nothing limits it.
	MemoryMB int
	// MaxRetries is how often a failed asynchronous event is tried again, 0 to 2.
	MaxRetries int
	// MaxEventAge is how old an asynchronous event may get.
	MaxEventAge time.Duration
	// DeadLetterQueueARN is where failed events go; "" drops them.
	DeadLetterQueueARN string
	// Log takes what the function writes.
	Log io.Writer
}

// DeadLetter is an event that a function failed on for good.
type DeadLetter struct {
	QueueARN string
	// Event is the event as it came.
	Event []byte
	// RequestID, ErrorCode and ErrorMessage are the message attributes that
	// Lambda adds ("Adding a dead-letter queue").
	RequestID, ErrorCode, ErrorMessage string
}

// Host runs functions. Its methods may be called from several goroutines.
type Host struct {
	// RetryDelay is the wait before an event's second attempt; the third
	// waits twice as long. AWS waits one minute and two.
	RetryDelay time.Duration
	// SendDeadLetter puts a dead letter in its queue.
	SendDeadLetter func(context.Context, DeadLetter) error
	// Now is the clock for events' ages.
	Now func() time.Time

	context   context.Context
	cancel    context.CancelFunc
	events    sync.WaitGroup
	pending   atomic.Int64
	functions map[string]*running

	mutex       sync.Mutex
	permissions map[string]permission // by function name and statement ID
}

// New makes a host without functions.
func New(retryDelay time.Duration, sendDeadLetter func(context.Context, DeadLetter) error) *Host {
	ctx, cancel := context.WithCancel(context.Background())
	return &Host{
		RetryDelay: retryDelay, SendDeadLetter: sendDeadLetter, Now: time.Now,
		context: ctx, cancel: cancel,
		functions: map[string]*running{}, permissions: map[string]permission{},
	}
}

// running is a function with its sandboxes.
type running struct {
	Function
	slots chan struct{}

	mutex sync.Mutex
	idle  []*sandbox
	all   map[*sandbox]bool
}

// Add makes a function known. It must not be called once functions are invoked.
func (h *Host) Add(f Function) {
	h.functions[f.Name] = &running{Function: f, slots: make(chan struct{}, maxSandboxes), all: map[*sandbox]bool{}}
}

// ConfigureEvents sets how asynchronous events of a function are retried. A nil
// maxRetries and a zero maxAge leave what is set. Like Add, it comes before
// any invocation.
func (h *Host) ConfigureEvents(name string, maxRetries *int, maxAge time.Duration) error {
	f, err := h.find(name)
	if err != nil {
		return err
	}
	if maxRetries != nil {
		f.MaxRetries = *maxRetries
	}
	if maxAge > 0 {
		f.MaxEventAge = maxAge
	}
	return nil
}

// find takes a function's name, its ARN, or either with :$LATEST.
func (h *Host) find(name string) (*running, error) {
	short := strings.TrimSuffix(name, ":$LATEST")
	if _, after, ok := strings.Cut(short, ":function:"); ok {
		short = after
	}
	if f, ok := h.functions[short]; ok {
		return f, nil
	}
	return nil, &NotFoundError{Name: name}
}

// Invoke invokes a function and waits for its answer. A [*FunctionError] is
// the function's; a [*NotFoundError] says there is none.
func (h *Host) Invoke(ctx context.Context, name, requestID string, event []byte) ([]byte, error) {
	f, err := h.find(name)
	if err != nil {
		return nil, err
	}
	return h.invoke(ctx, f, requestID, event)
}

func (h *Host) invoke(ctx context.Context, f *running, requestID string, event []byte) ([]byte, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-h.context.Done():
		return nil, errClosed
	}
	s, err := f.take()
	if err != nil {
		return nil, err
	}
	if h.context.Err() != nil { // Close may not have seen this sandbox
		f.forget(s)
		return nil, errClosed
	}
	answer, err := s.invoke(requestID, event)
	f.release(s)
	return answer, err
}

var errClosed = errors.New("the local Lambda host is closed")

// take returns an idle sandbox, or starts one.
func (f *running) take() (*sandbox, error) {
	f.mutex.Lock()
	if last := len(f.idle) - 1; last >= 0 {
		s := f.idle[last]
		f.idle = f.idle[:last]
		f.mutex.Unlock()
		if s.alive() {
			return s, nil
		}
		f.forget(s)
		return f.take()
	}
	f.mutex.Unlock()
	s, err := startSandbox(f.Function)
	if err != nil {
		return nil, err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.all[s] = true
	return s, nil
}

// release makes a sandbox that survived its invocation available again.
func (f *running) release(s *sandbox) {
	if !s.alive() {
		f.forget(s)
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.idle = append(f.idle, s)
}

func (f *running) forget(s *sandbox) {
	s.close()
	f.mutex.Lock()
	defer f.mutex.Unlock()
	delete(f.all, s)
}

// Sandboxes are the process IDs of a function's sandboxes, for tests that kill
// them.
func (h *Host) Sandboxes(name string) []int {
	f, err := h.find(name)
	if err != nil {
		return nil
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var pids []int
	for s := range f.all {
		pids = append(pids, s.command.Process.Pid)
	}
	return pids
}

// Pending is how many asynchronous events are not yet dealt with.
func (h *Host) Pending() int { return int(h.pending.Load()) }

// Close ends every sandbox. Events still under way are lost, as everything
// else of the local stack is.
func (h *Host) Close() error {
	h.cancel()
	for _, f := range h.functions {
		f.mutex.Lock()
		for s := range f.all {
			s.close()
		}
		f.mutex.Unlock()
	}
	h.events.Wait()
	return nil
}
