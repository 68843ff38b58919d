package localtest

import (
	"testing"
	"time"
)

// Await waits until a condition holds, and fails the test if it does not in
// time. What says what is waited for, such as "the queue is empty".
func Await(t testing.TB, patience time.Duration, what string, condition func() bool) {
	t.Helper()
	pace := 5 * time.Millisecond // of asking, not a wait for work
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %v", what, patience)
		}
		time.Sleep(pace)
		pace = min(2*pace, 200*time.Millisecond)
	}
}
