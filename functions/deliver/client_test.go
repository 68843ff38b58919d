package main

import (
	"testing"

	"sdtasktracker/shared/function"
)

// TestAttempts: the number of attempts that the configuration of function.Main allows must
// not cap that of S3's client.
func TestAttempts(t *testing.T) {
	cfg := function.Config([]string{"AWS_REGION=us-east-1"})
	if got := NewClient(cfg, "").Options().Retryer.MaxAttempts(); got != attempts {
		t.Errorf("S3's client makes %d attempts, want %d", got, attempts)
	}
}
