// Package lambdahost runs compiled Lambda functions as AWS does, over the Lambda
// Runtime API ("Using the Lambda runtime API for custom runtimes"). It reuses
// sandboxes, kills them on a timeout, serves the Invoke API, and supports
// asynchronous invocation with retries and dead-letter queues.
package lambdahost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxSandboxes is how many invocations of a function run concurrently; others wait.
const maxSandboxes = 10

// Function is a function's configuration, as its template declares it.
type Function struct {
	Name, ARN string
	// Bootstrap is the path of the compiled function.
	Bootstrap string
	// Environment has the variables from the template, and the endpoints of
	// services.
	Environment map[string]string
	// Timeout is how long an invocation may take before its sandbox is killed.
	Timeout time.Duration
	// MemoryMB is only passed to the function; the host does not enforce it.
	MemoryMB int
	// MaxRetries is how many times a failed asynchronous event is retried, 0 to 2.
	MaxRetries int
	// DeadLetterQueueARN is the queue of failed events; "" drops them.
	DeadLetterQueueARN string
	// Log receives the function's standard output and standard error.
	Log io.Writer
}

// DeadLetter is an event that a function failed on, after all retries.
type DeadLetter struct {
	// Function is the name of the function that failed.
	Function, QueueARN string
	// Event is the unmodified event.
	Event []byte
	// RequestID, ErrorCode and ErrorMessage are the message attributes that
	// Lambda adds ("Adding a dead-letter queue").
	RequestID, ErrorCode, ErrorMessage string
}

// Host runs functions. It is safe for concurrent use once its functions are added.
type Host struct {
	retryDelay     time.Duration
	sendDeadLetter func(context.Context, DeadLetter) error

	context context.Context
	cancel  context.CancelFunc
	events  sync.WaitGroup
	pending atomic.Int64

	adding    sync.RWMutex // guards functions
	functions map[string]*running
}

// New returns a host without functions. The caller must close it. The host waits retryDelay before an event's second
// attempt, and twice as long before the third. AWS waits one and two minutes.
func New(retryDelay time.Duration, sendDeadLetter func(context.Context, DeadLetter) error) *Host {
	ctx, cancel := context.WithCancel(context.Background())
	return &Host{
		retryDelay: retryDelay, sendDeadLetter: sendDeadLetter,
		context: ctx, cancel: cancel,
		functions: map[string]*running{},
	}
}

// running is a function with its sandboxes.
type running struct {
	function Function
	slots    chan struct{}

	mutex     sync.Mutex
	sandboxes []*sandbox
}

// Add adds a function. It may be called while other functions run, so that a function
// can be added after those that invoke it.
func (h *Host) Add(f Function) {
	h.adding.Lock()
	defer h.adding.Unlock()
	h.functions[f.Name] = &running{function: f, slots: make(chan struct{}, maxSandboxes)}
}

// SetMaxRetries sets how many times a failed event is retried. It must not be called after the function's first
// invocation. It returns an error only if the function doesn't exist.
func (h *Host) SetMaxRetries(name string, maxRetries int) error {
	f, err := h.find(name)
	if err == nil {
		f.function.MaxRetries = maxRetries
	}
	return err
}

// find finds a function by its name or ARN, with or without :$LATEST.
func (h *Host) find(name string) (*running, error) {
	short := strings.TrimSuffix(name, ":$LATEST")
	if _, after, ok := strings.Cut(short, ":function:"); ok {
		short = after
	}
	h.adding.RLock()
	defer h.adding.RUnlock()
	if f, ok := h.functions[short]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("Function not found: %s", name) // Lambda's own words
}

// Invoke invokes a function and waits for its response. The error is a
// [*FunctionError] if the function failed.
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
	s, err := f.take(h.context)
	if err != nil {
		return nil, err
	}
	defer f.release(s)
	return s.invoke(requestID, event)
}

var errClosed = errors.New("the local Lambda host is closed")

// take returns an idle sandbox, or starts one.
func (f *running) take(ctx context.Context) (s *sandbox, err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if ctx.Err() != nil {
		return nil, errClosed
	}
	f.sandboxes = slices.DeleteFunc(f.sandboxes, func(s *sandbox) bool { return !s.alive() })
	if idle := slices.IndexFunc(f.sandboxes, func(s *sandbox) bool { return !s.busy }); idle >= 0 {
		s = f.sandboxes[idle]
	} else {
		if s, err = startSandbox(f.function); err != nil {
			return nil, err
		}
		f.sandboxes = append(f.sandboxes, s)
	}
	s.busy = true
	return s, nil
}

func (f *running) release(s *sandbox) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	s.busy = false
}

// Sandboxes returns the process IDs of a function's live sandboxes, for tests that kill
// them.
func (h *Host) Sandboxes(name string) []int {
	f, err := h.find(name)
	if err != nil {
		return nil
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var pids []int
	for _, s := range f.sandboxes {
		if s.alive() {
			pids = append(pids, s.command.Process.Pid)
		}
	}
	return pids
}

// Pending returns how many asynchronous events have neither succeeded nor become dead
// letters yet.
func (h *Host) Pending() int { return int(h.pending.Load()) }

// Close kills every sandbox. Pending events are lost, like all state of the local
// stack.
func (h *Host) Close() error {
	h.cancel()
	h.adding.RLock()
	defer h.adding.RUnlock()
	for _, f := range h.functions {
		f.mutex.Lock()
		for _, s := range f.sandboxes {
			s.close()
		}
		f.mutex.Unlock()
	}
	h.events.Wait()
	return nil
}
