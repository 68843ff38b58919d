package command

import (
	"context"
	"errors"
	"fmt"
)

// The exit codes, besides 0.
const (
	// ExitFailed says that the command did not do what it was asked to.
	ExitFailed = 1
	// ExitUsage says that the command line is wrong.
	ExitUsage = 2
	// ExitVerdict says that the command worked, but found or left a failure: see [Verdictf].
	ExitVerdict = 3
	// ExitInterrupted says that Ctrl-C or SIGTERM ended the command. Shells use it for Ctrl-C.
	ExitInterrupted = 130
)

// ExitError is an error with an exit code of its own.
type ExitError struct {
	Code int
	err  error
}

// Usagef returns an error with ExitUsage, formatted like [fmt.Errorf].
func Usagef(format string, args ...any) error {
	return ExitError{ExitUsage, fmt.Errorf(format, args...)}
}

// Verdictf returns an error with ExitVerdict, formatted like [fmt.Errorf]: a watched task failed, a check failed, a
// dead letter failed again, or a run could not be repaired.
func Verdictf(format string, args ...any) error {
	return ExitError{ExitVerdict, fmt.Errorf(format, args...)}
}

// Interrupted returns the error for a command line that Ctrl-C or SIGTERM ended; reads reports whether the subcommand
// only reads. The error drops the SDK's text about a canceled request, which helps nobody.
func Interrupted(err error, line Line, reads bool) error {
	unchanged := ""
	if reads {
		unchanged = ", and nothing was changed"
	}
	if !errors.As(err, new(*StoppedError)) {
		err = fmt.Errorf("interrupted%s; to start again: %v", unchanged, line)
	}
	return ExitError{ExitInterrupted, err}
}

// Error is the text.
func (e ExitError) Error() string { return e.err.Error() }

// Unwrap returns the error that the text wraps.
func (e ExitError) Unwrap() error { return e.err }

// StoppedError is the error of a command that stopped before it was done.
type StoppedError struct {
	// Err says why it stopped: [context.Canceled] after Ctrl-C.
	Err error
	// Done says what was done before that, and Resume is the command line that continues.
	Done   string
	Resume Line
}

// Error returns the reason, followed by what was done and how to continue.
func (e *StoppedError) Error() string {
	reason := e.Err.Error()
	if errors.Is(e.Err, context.Canceled) {
		reason = "interrupted"
	}
	return reason + e.Lines()
}

// Lines returns what was done and how to continue, each on a line of its own after a line break.
func (e *StoppedError) Lines() string {
	return fmt.Sprintf("\n  done so far: %s\n  to go on: %v", e.Done, e.Resume)
}

// Unwrap returns the reason.
func (e *StoppedError) Unwrap() error { return e.Err }
