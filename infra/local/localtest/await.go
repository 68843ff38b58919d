package localtest

import (
	"testing"
	"time"
)

// Await polls until a condition holds, and fails the test if it does not within
// patience. What describes the condition, such as "the queue is empty".
func Await(t testing.TB, patience time.Duration, what string, condition func() bool) {
	t.Helper()
	pace := 5 * time.Millisecond // of polling
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
		time.Sleep(pace)
		pace = min(2*pace, 200*time.Millisecond)
	}
}
