package main

import (
	"cmp"
	"context"
	"errors"
	"flag"

	"sdtasktracker/shared/deadletter"
)

// redrive is the subcommand that calls a deployed stack's redrive function until
// it has tried every dead letter, and reports progress and results. It fails if a
// dead letter failed again. It can also save dead letters to a file and delete
// them.
type redrive struct {
	Args []string `arg:"" optional:"" help:"See sdtasks redrive --help."`
}

// errFailedAgain makes the command exit with status 1, so that scripts notice.
var errFailedAgain = errors.New("some dead letters failed again: they are still in their queues")

// Run runs the subcommand.
func (r *redrive) Run(ctx context.Context, p *session) error {
	o, err := parse(r.Args, p.progress)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return usageError{err}
	case p.Output != "table":
		return usageError{errors.New("--output " + p.Output + ": a redrive prints tables only")}
	}
	cfg, err := p.config(ctx)
	if err != nil {
		return err
	}
	s, err := find(ctx, cfg, p.variables, cmp.Or(o.stackName, p.StackName))
	if err != nil {
		return err
	}
	queues, err := s.chosen(o.request.Queue)
	if err != nil {
		return err
	}
	if o.save != "" {
		return save(ctx, cfg, s, queues, o, p.out, p.progress)
	}
	d := &drive{
		invoke: newInvoker[deadletter.Request, deadletter.Answer](
			cfg,
			s.Functions["redrive"],
		),
		request:  o.request,
		progress: p.progress,
		total:    deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}},
	}
	return d.run(ctx, queues, p)
}

// run redrives the queues, and shows what became of their dead letters.
func (d *drive) run(ctx context.Context, queues []deadletter.Queue, p *session) error {
	err := d.all(ctx, queues)
	if len(d.total.Queues) > 0 {
		show(p.out, d.request, d.total)
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
