package localtest

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Await polls until a condition holds, and fails the test if it does not within
// patience. What describes the condition, such as "the queue is empty".
func Await(t testing.TB, patience time.Duration, what string, condition func() bool) {
	t.Helper()
	pace := 5 * time.Millisecond // between two polls
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		time.Sleep(pace)
		pace = min(2*pace, 200*time.Millisecond)
	}
}

// AtOnce returns a fault that forwards requests. It holds the first n until all of them have come, and fails the test
// unless exactly n are in flight at once.
func AtOnce(t testing.TB, n int64) func(http.ResponseWriter, *http.Request, http.Handler) {
	var running atomic.Int64
	full := make(chan struct{})
	fill := sync.OnceFunc(func() { close(full) })
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		now := running.Add(1)
		defer running.Add(-1)
		if now == n {
			fill()
		}
		select {
		case <-full:
		case <-time.After(10 * time.Second):
			t.Errorf("only %d requests at once, want %d", running.Load(), n)
			fill() // releases the waiting requests
		}
		if now > n {
			t.Errorf("%d requests at once, want %d", now, n)
		}
		forward.ServeHTTP(w, r)
	}
}
