package tasks

import (
	"context"
	"iter"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// Stuck is the subcommand that lists the tasks that have been running for too long.
type Stuck struct {
	For   command.Span `default:"10m" placeholder:"TIME" help:"Tasks that run for longer than this (default ${default})."`
	Limit int          `default:"50" help:"${limit} (default ${default})."`
}

// Help is the rest of the help text.
func (Stuck) Help() string {
	return `A task runs from its first start after its last end. Tasks that run for too long hang, crash their runtime
again and again, or their end was never announced. Example:

    sdtasks stuck --for 2h`
}

var stuckColumns = columns("task_id", "runtime", "first_started_at", "running_ms", "updated_at")

// Run runs the subcommand.
func (c *Stuck) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	now := clock.Now()
	tasks, err := collect(d.Table().RunningLongerThan(ctx, time.Duration(c.For), now))
	if err != nil {
		return err
	}
	slices.SortFunc(tasks, func(x, y tasktable.Task) int { return x.FirstStartedAt.Compare(y.FirstStartedAt) })
	sorted := func(yield func(tasktable.Task, error) bool) {
		for _, t := range tasks {
			if !yield(t, nil) {
				return
			}
		}
	}
	return newList(p, stuckColumns, now).addUpTo(c.Limit, sorted, everyTask)
}

func collect(all iter.Seq2[tasktable.Task, error]) (tasks []tasktable.Task, err error) {
	for task, err := range all {
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}
