// Package letters redrives dead letters, saves them to a file and puts them back.
package letters

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// Redrive is the subcommand that redrives dead letters with the redrive function, saves them to a file, or puts them
// back.
type Redrive struct {
	Queue         names.Queue  `placeholder:"QUEUE" help:"Only this queue."`
	DryRun        bool         `help:"Show why the dead letters failed, and redrive none."`
	Letters       bool         `help:"Show each dead letter, not only the reasons."`
	Max           int          `placeholder:"N" help:"Redrive at most N dead letters (default no limit)."`
	TaskID        string       `name:"task-id" placeholder:"TASK" help:"Only dead letters of this task."`
	ErrorContains string       `placeholder:"TEXT" help:"Only dead letters whose error contains this text."`
	OlderThan     command.Span `placeholder:"TIME" help:"Only dead letters that are older than this: 10m, 2d."`
	Rate          float64      `placeholder:"N" help:"Start at most N invocations a second (default no limit)."`
	Save          string       `placeholder:"FILE" help:"Write dead letters to this new file, and redrive none."`
	Delete        bool         `help:"With --save: delete the saved dead letters from their queues."`
	PutBack       string       `placeholder:"FILE" help:"Put the dead letters that --save wrote back into their queues."`
}

// Help is the rest of the help text.
func (Redrive) Help() string {
	return `redrive invokes the functions that a dead letter is for, and deletes it once they have succeeded. The exit
code is 3 if a dead letter failed again. The queues are record, deliver, record-subscription, deliver-subscription
and, with inputTopicArn, record-input-subscription. Examples:

    sdtasks redrive --dry-run
    sdtasks redrive --queue deliver --error-contains AccessDenied --max 100
    sdtasks redrive --queue record --error-contains "is not JSON" --save poison.jsonl --delete
    sdtasks redrive --put-back poison.jsonl`
}

// errFailedAgain has an exit code of its own, so that scripts notice.
var errFailedAgain = command.Verdictf("some dead letters failed again: they are still in their queues")

// request returns the request to the redrive function.
func (r *Redrive) request() deadletter.Request {
	return deadletter.Request{
		Queue: r.Queue, Max: r.Max, DryRun: r.DryRun, ErrorContains: r.ErrorContains, TaskID: r.TaskID,
		OlderThan: deadletter.Duration(r.OlderThan), RatePerSecond: r.Rate,
	}
}

// check refuses options that contradict each other.
func (r *Redrive) check() error {
	request := r.request()
	switch {
	case r.PutBack != "" && (*r != Redrive{PutBack: r.PutBack}):
		return errors.New("--put-back cannot be combined with other options: it puts back the whole file")
	case r.Save != "" && (r.DryRun || r.Rate != 0):
		return errors.New("--save cannot be combined with --dry-run or --rate")
	case r.Delete && r.Save == "":
		return errors.New("--delete needs --save FILE: it deletes only dead letters that are saved")
	case r.Delete && r.Queue == "" && r.Max == 0 && !request.HasConditions():
		return errors.New("--delete needs --queue, --task-id, --error-contains, --older-than or --max: " +
			"it does not delete all dead letters at once")
	}
	return request.Validate()
}

// Run runs the subcommand.
func (r *Redrive) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	if err := r.check(); err != nil {
		return command.Usagef("%w", err)
	}
	d, err := stack.Find(ctx, names.FunctionOutput("redrive"), names.FailedEvents("record").Output())
	if err != nil {
		return err
	}
	if r.PutBack != "" {
		return putBack(ctx, p, d, r.PutBack)
	}
	queues, err := r.queues(d)
	if err != nil {
		return err
	}
	if r.Save != "" {
		return r.save(ctx, p, d, queues, clock)
	}
	return r.redrive(ctx, p, d, queues)
}

// queues returns the queues to redrive: the requested queue, or all.
func (r *Redrive) queues(d *deployment.Deployment) ([]names.Queue, error) {
	all := slices.SortedFunc(maps.Keys(d.Queues), names.CompareQueues)
	if r.Queue == "" {
		return all, nil
	}
	if !slices.Contains(all, r.Queue) {
		return nil, fmt.Errorf("--queue %s: the stack has no such dead-letter queue; it has %q", r.Queue, all)
	}
	return []names.Queue{r.Queue}, nil
}

// redrive redrives the queues, and shows what became of their dead letters.
func (r *Redrive) redrive(ctx context.Context, p *output.Printer, d *deployment.Deployment, queues []names.Queue,
) error {
	run := &drive{
		p: p, invoke: deployment.NewInvoker[deadletter.Request, deadletter.Answer](d, "redrive", p.Progressf),
		request: r.request(), total: deadletter.Answer{Queues: map[names.Queue]*deadletter.Counts{}},
	}
	err := run.all(ctx, queues)
	run.bar.Finish()
	if len(run.total.Queues) > 0 {
		r.show(p, d.Line, run.total)
	}
	if err != nil {
		return run.stopped(err, d.Line)
	}
	for _, counts := range run.total.Queues {
		if counts.Failed > 0 {
			return errFailedAgain
		}
	}
	return nil
}
