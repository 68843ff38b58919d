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
	// ExitVerdict says that the command worked, but what it was asked about is not well: see [Verdictf].
	ExitVerdict = 3
	// ExitInterrupted says that Ctrl-C or SIGTERM ended the command. Shells use it for Ctrl-C.
	ExitInterrupted = 130
)

// ExitError is an error with an exit code of its own.
type ExitError struct {
	Code int
	err  error
}

// Usagef is an error of the command line, with a text as by [fmt.Errorf].
func Usagef(format string, args ...any) error {
	return ExitError{ExitUsage, fmt.Errorf(format, args...)}
}

// Verdictf says that what the command was asked about is not well, with a text as by [fmt.Errorf]: a watched task
// failed, a check failed, a dead letter failed again, or a run could not be repaired.
func Verdictf(format string, args ...any) error {
	return ExitError{ExitVerdict, fmt.Errorf(format, args...)}
}

// Interrupted is the error of a command line that Ctrl-C or SIGTERM ended, perhaps one that only reads. What the SDK
// says of a canceled request helps nobody.
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

// StoppedError is the error of a command that stopped before its end.
type StoppedError struct {
	// Err says why it stopped: [context.Canceled] after Ctrl-C.
	Err error
	// Done says what was done until then, and Resume is the command line that goes on.
	Done   string
	Resume Line
}

// Error is the reason, and in further lines what was done and how to go on.
func (e *StoppedError) Error() string {
	reason := e.Err.Error()
	if errors.Is(e.Err, context.Canceled) {
		reason = "interrupted"
	}
	return reason + e.Lines()
}

// Lines say what was done and how to go on.
func (e *StoppedError) Lines() string {
	return fmt.Sprintf("\n  done so far: %s\n  to go on: %v", e.Done, e.Resume)
}

// Unwrap returns the reason.
func (e *StoppedError) Unwrap() error { return e.Err }
