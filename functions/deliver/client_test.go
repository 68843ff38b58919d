package main

import (
	"errors"
	"testing"
	"time"

	"sdtasktracker/shared/function"
)

// TestAttempts: the number of attempts that the configuration of function.Main allows must
// not cap that of S3's client.
func TestAttempts(t *testing.T) {
	cfg := function.Config([]string{"AWS_REGION=us-east-1"})
	retryer := NewClient(cfg, "").Options().Retryer
	if got := retryer.MaxAttempts(); got != 10 {
		t.Errorf("S3's client makes %d attempts, want 10", got)
	}
	var longest time.Duration
	for range 100 {
		pause, err := retryer.RetryDelay(10, errors.New("S3 is down"))
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, pause)
	}
	if longest > 5*time.Second || longest < 2*time.Second {
		t.Errorf("the longest pause of a hundred is %v, want almost 5s", longest)
	}
}
