package main

import (
	"testing"

	"sdtasktracker/shared/function"
)

// TestAttempts: the configuration that function.Main makes has a number of
// attempts of its own, which must not cap that of S3's client.
func TestAttempts(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	cfg, err := function.Config(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := NewClient(cfg).Options().Retryer.MaxAttempts(); got != attempts {
		t.Errorf("S3's client makes %d attempts, want %d", got, attempts)
	}
}
