// Command redrive calls a deployed stack's redrive function until it has tried
// every dead letter, and reports progress and results. It exits with status 1 if
// a dead letter failed again. It can also save dead letters to a file and delete
// them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"

	"sdtasktracker/shared/deadletter"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "redrive:", err)
		os.Exit(1)
	}
}

// errFailedAgain makes the command exit with status 1, so that scripts notice.
var errFailedAgain = errors.New("some dead letters failed again: they are still in their queues")

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load AWS configuration: %w", err)
	}
	s, err := find(ctx, cfg, os.Environ(), o.stackName)
	if err != nil {
		return err
	}
	queues, err := s.chosen(o.request.Queue)
	if err != nil {
		return err
	}
	if o.save != "" {
		return save(ctx, cfg, s, queues, o, out, progress)
	}
	d := &drive{
		invoke: newInvoker(cfg, s.Functions["redrive"]), request: o.request, progress: progress,
		total: deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}},
	}
	err = d.all(ctx, queues)
	if len(d.total.Queues) > 0 {
		show(out, o.request, d.total)
	}
	if err != nil {
		return err
	}
	for _, counts := range d.total.Queues {
		if counts.Failed > 0 {
			return errFailedAgain
		}
	}
	return nil
}
