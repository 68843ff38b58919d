// Package command defines what every subcommand of sdtasks uses: the terminal, the clock, the command line, types of
// options, and errors with exit codes.
package command

import (
	"context"
	"io"
	"time"

	"sdtasktracker/shared/pause"
)

// Terminal is where a subcommand prints.
type Terminal struct {
	// Out gets the results, Progress everything else.
	Out, Progress io.Writer
	// Colored reports whether Out shows colors.
	Colored bool
	// Columns is the width of Out in columns of text; 0 if it is not a terminal.
	Columns int
	// Watched reports whether a person sees Progress, so that progress bars make sense.
	Watched bool
}

// Clock tells the time and waits.
type Clock struct {
	Now func() time.Time
	// Pause waits. If the context ends first, it returns the context's error.
	Pause func(context.Context, time.Duration) error
}

// SystemClock is the machine's clock.
var SystemClock = Clock{time.Now, pause.For}
