// Package command has what every subcommand of sdtasks is given: a terminal, a clock, its own command line, types for
// its options, and errors for its exit codes.
package command

import (
	"context"
	"io"
	"time"
)

// Terminal is where a subcommand prints.
type Terminal struct {
	// Out gets the results, Progress everything else.
	Out, Progress io.Writer
	// Colored reports whether Out shows colors.
	Colored bool
	// Watched reports whether a person sees Progress, so that progress bars make sense.
	Watched bool
}

// Clock tells the time and waits.
type Clock struct {
	Now func() time.Time
	// Pause waits. It returns false if the context ends first.
	Pause func(context.Context, time.Duration) bool
}

// SystemClock is the machine's clock.
var SystemClock = Clock{time.Now, pause}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
