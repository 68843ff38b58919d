// Command sdtasks answers an operator's questions about the tasks of a deployed
// stack, and redrives its dead letters. It exits with status 2 if the command
// line is wrong, and with 1 if something fails or has failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := &program{
		out: os.Stdout, progress: os.Stderr, variables: os.Environ(), now: time.Now, pause: pause,
		colored: isTerminal(os.Stdout) && wantsColor(os.Getenv), watched: isTerminal(os.Stderr),
	}
	code := p.main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// program is the command's surroundings.
type program struct {
	out, progress io.Writer
	// variables are the environment's, as NAME=VALUE.
	variables []string
	now       func() time.Time
	// pause waits; it returns false if the context is done first.
	pause func(context.Context, time.Duration) bool
	// colored tells whether out shows colours, watched whether somebody sees
	// progress move.
	colored, watched bool
}

// usageError says what is wrong with the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// main runs the command, and returns its exit code.
func (p *program) main(ctx context.Context, args []string) (code int) {
	name, err := p.run(ctx, args)
	if err == nil {
		return 0
	}
	fmt.Fprintf(p.progress, "%s: %v\n", name, err)
	if errors.As(err, new(usageError)) {
		return 2
	}
	return 1
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// wantsColor honours the variables that turn colours off (https://no-color.org).
func wantsColor(getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
