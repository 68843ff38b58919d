package main

import (
	"context"
	"errors"

	"sdtasktracker/shared/deadletter"
)

// redrive is the subcommand that calls a deployed stack's redrive function until
// it has tried every dead letter, and reports progress and results. It fails if a
// dead letter failed again. It can also save dead letters to a file, delete them,
// and put them back.
type redrive struct {
	Queue         deadletter.Queue `placeholder:"QUEUE" help:"${queueHelp}"`
	DryRun        bool             `help:"List the dead letters and why they failed, and redrive none."`
	Max           int              `placeholder:"N" help:"Redrive at most so many dead letters (default no limit)."`
	TaskID        string           `name:"task-id" placeholder:"TASK" help:"Only dead letters of this task."`
	ErrorContains string           `placeholder:"TEXT" help:"Only dead letters whose error contains this text."`
	OlderThan     span             `placeholder:"TIME" help:"Only dead letters that have been there for longer: 10m, 2d."`
	Rate          float64          `placeholder:"N" help:"Start at most N invocations a second (default no limit)."`
	Save          string           `placeholder:"FILE" help:"Write dead letters to this new file, and redrive none."`
	Delete        bool             `help:"With --save: delete from the queue what the file has."`
	PutBack       string           `placeholder:"FILE" help:"Put back into its queues what --save wrote."`
}

// Help is the rest of the help text.
func (redrive) Help() string {
	return `Each dead letter goes through the function that it is meant for, and is deleted once that has succeeded.
The exit code is 1 if one failed again. Examples:

    sdtasks redrive --dry-run
    sdtasks redrive --queue deliver --error-contains AccessDenied --max 100
    sdtasks redrive --queue record --error-contains "is not JSON" --save poison.jsonl --delete
    sdtasks redrive --put-back poison.jsonl`
}

// errFailedAgain makes the command exit with status 1, so that scripts notice.
var errFailedAgain = errors.New("some dead letters failed again: they are still in their queues")

// request is what the command line asks the function for.
func (r *redrive) request() deadletter.Request {
	return deadletter.Request{
		Queue: r.Queue, Max: r.Max, DryRun: r.DryRun, ErrorContains: r.ErrorContains, TaskID: r.TaskID,
		OlderThan: deadletter.Duration(r.OlderThan), RatePerSecond: r.Rate,
	}
}

// check refuses options that contradict each other.
func (r *redrive) check() error {
	request := r.request()
	switch {
	case r.PutBack != "" && (*r != redrive{PutBack: r.PutBack}):
		return errors.New("--put-back goes with no other option: it puts back the whole file")
	case r.Save != "" && (r.DryRun || r.Rate != 0):
		return errors.New("--save goes with neither --dry-run nor --rate")
	case r.Delete && r.Save == "":
		return errors.New("--delete needs --save FILE: what is deleted is gone from the queue")
	case r.Delete && r.Queue == "" && r.Max == 0 && !request.HasConditions():
		return errors.New("--delete needs --queue, --task-id, --error-contains, --older-than or --max: " +
			"it deletes only what was chosen")
	}
	return request.Validate()
}

// Run runs the subcommand.
func (r *redrive) Run(ctx context.Context, p *session) error {
	if err := r.check(); err != nil {
		return usageError{err}
	}
	cfg, err := p.config(ctx)
	if err != nil {
		return err
	}
	s, err := find(ctx, cfg, p.variables, p.StackName)
	if err != nil {
		return err
	}
	if r.PutBack != "" {
		return p.putBack(ctx, cfg, s, r.PutBack)
	}
	queues, err := s.chosen(r.Queue)
	if err != nil {
		return err
	}
	if r.Save != "" {
		return p.save(ctx, cfg, s, queues, r)
	}
	d := &drive{
		session: p, invoke: newInvoker[deadletter.Request, deadletter.Answer](cfg, s.Functions["redrive"]),
		request: r.request(), total: deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}},
	}
	return d.run(ctx, queues)
}

// run redrives the queues, and shows what became of their dead letters.
func (d *drive) run(ctx context.Context, queues []deadletter.Queue) error {
	err := d.all(ctx, queues)
	if d.bar != nil {
		d.bar.Finish()
	}
	if len(d.total.Queues) > 0 {
		err = errors.Join(err, d.show(d.request, d.total))
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
