package main

import (
	"context"
	"testing"
	"time"

	"sdtasktracker/shared/reconciliation"
)

func TestStopTime(t *testing.T) {
	for name, test := range map[string]struct {
		deadline time.Duration // 0 for none
		seconds  int
		want     time.Duration // 0 for never
	}{
		"OKMinuteBeforeDeadline": {10 * time.Minute, 0, 9 * time.Minute},
		"OKHalfOfShortTime":      {time.Minute, 0, 30 * time.Second},
		"OKRequested":            {10 * time.Minute, 20, 20 * time.Second},
		"OKRequestedTooLate":     {10 * time.Minute, 3600, 9 * time.Minute},
		"OKRequestedAlone":       {0, 20, 20 * time.Second},
		"OKNever":                {0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, now := t.Context(), time.Now()
			if test.deadline > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, now.Add(test.deadline))
				defer cancel()
			}
			got := stopTime(ctx, reconciliation.Request{Seconds: test.seconds})
			if got.IsZero() != (test.want == 0) {
				t.Fatalf("got %v", got)
			}
			if off := got.Sub(now) - test.want; !got.IsZero() && (off < -5*time.Second || off > 5*time.Second) {
				t.Errorf("it stops %v after now, want %v", got.Sub(now), test.want)
			}
		})
	}
}

// TestTimesFitTogether: one attempt at a listing that hangs must not take what workers have left to compare, nor the
// time to answer.
func TestTimesFitTogether(t *testing.T) {
	if listTimeout >= ending {
		t.Errorf("a listing may take %v of the %v before the end", listTimeout, ending)
	}
	if reserve < 10*time.Second || reserve >= ending {
		t.Errorf("%v of %v are kept for the answer", reserve, ending)
	}
}
