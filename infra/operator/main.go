// Command redrive calls a deployed stack's redrive function until it has tried
// every dead letter, and reports progress and results. It exits with status 1 if
// a dead letter failed again.
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
	"sdtasktracker/shared/deployment"
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
	request, stackName, err := parse(args, progress)
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return fmt.Errorf("load AWS configuration: %w", err)
	}
	s, err := find(ctx, cfg, os.Environ(), stackName)
	if err != nil {
		return err
	}
	queues, err := s.chosen(request.Queue)
	if err != nil {
		return err
	}
	d := &drive{invoke: newInvoker(cfg, s.Functions["redrive"]), request: request, progress: progress,
		total: deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}}}
	err = d.all(ctx, queues)
	if len(d.total.Queues) > 0 {
		show(out, request, d.total)
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

// parse reads the command line.
func parse(args []string, usage io.Writer) (request deadletter.Request, stackName string, err error) {
	flags := flag.NewFlagSet("redrive", flag.ContinueOnError)
	flags.SetOutput(usage)
	queue := flags.String("queue", "", "only this `queue`: record, deliver, record-subscription or deliver-subscription")
	flags.BoolVar(&request.DryRun, "dry-run", false, "list the dead letters and why they failed, without redriving them")
	flags.IntVar(&request.Max, "max", 0, "redrive at most this many dead letters (default no limit)")
	flags.StringVar(&request.TaskID, "task-id", "", "only dead letters of this `task`")
	flags.StringVar(&request.ErrorContains, "error-contains", "", "only dead letters whose error contains this `text`")
	olderThan := flags.Duration("older-than", 0,
		"only dead letters that have been in the queue for longer than this, such as 10m")
	flags.Float64Var(&request.RatePerSecond, "rate", 0,
		"start at most this many invocations per second (default no limit)")
	stack := flags.String("stack-name", deployment.DefaultStackName, "the CloudFormation `stack`")
	if err := flags.Parse(args); err != nil {
		return request, "", err
	}
	if flags.NArg() > 0 {
		return request, "", fmt.Errorf("%q is not an option: see --help", flags.Arg(0))
	}
	request.Queue, request.OlderThan = deadletter.Queue(*queue), deadletter.Duration(*olderThan)
	return request, *stack, nil
}
