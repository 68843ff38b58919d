// Package pause waits for a duration, or for the end of a context.
package pause

import (
	"context"
	"time"
)

// For waits for d. If ctx ends first, For returns at once with its error.
func For(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
