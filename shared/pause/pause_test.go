package pause_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sdtasktracker/shared/pause"
)

func TestFor(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		const d = 10 * time.Millisecond
		before := time.Now()
		if err := pause.For(t.Context(), d); err != nil || time.Since(before) < d {
			t.Errorf("waited %v, error is %v", time.Since(before), err)
		}
	})
	t.Run("ErrCanceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := pause.For(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}
