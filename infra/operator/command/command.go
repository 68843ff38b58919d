// Package command has what every subcommand of sdtasks is given: a terminal, a clock, and types for its options.
package command

import (
	"context"
	"fmt"
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

// UsageError says what is wrong with the command line.
type UsageError struct{ err error }

// Usagef is a UsageError with a text, formatted as by [fmt.Errorf].
func Usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Error is the text.
func (e UsageError) Error() string { return e.err.Error() }

// Unwrap returns the error that the text wraps.
func (e UsageError) Unwrap() error { return e.err }
