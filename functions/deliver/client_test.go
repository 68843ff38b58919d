package main

import (
	"errors"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/function"
)

// TestConflictOfWrites: another request is writing the same key, and finishes soon.
func TestConflictOfWrites(t *testing.T) {
	store, copier := newStore(t)
	copier.shortly(silence, longSilence)
	for name, code := range map[string]string{
		"OKConditional": "ConditionalRequestConflict", "OKOperationAborted": "OperationAborted",
	} {
		t.Run(name, func(t *testing.T) {
			put(t, store, name)
			store.Proxy.Inject(faultproxy.Fault{Match: isCopyObject, Times: 3, Do: s3Error(409, code, "")})
			if got := copier.CopyAll(t.Context(), []string{"s3://source/" + name}, "")[0]; got.failure != nil || got.existed {
				t.Errorf("got %+v", got)
			}
		})
	}
}

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
