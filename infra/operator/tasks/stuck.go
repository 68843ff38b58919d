package tasks

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Stuck is the subcommand that lists the tasks that have been running or queued for too long.
type Stuck struct {
	For    command.Span `default:"10m" placeholder:"TIME" help:"Tasks that run for longer than this (default ${default})."`
	Queued command.Span `default:"1h" placeholder:"TIME" help:"Tasks queued for longer than this (default ${default})."`
	Limit  uint         `default:"50" help:"${limit} (default ${default})."`
}

// Help is the rest of the help text.
func (Stuck) Help() string {
	return `Running time counts from the first start since the task last ended. A task that runs for too long hangs,
crashes its runtime again and again, or ended without an announcement. A task that is queued for too long names a
runtime that isn't deployed, waits for a machine, or has a request that the guidance can't read; or it runs, but the
guidance's agents don't announce starts (EXP_CALLBACK_WHEN_RUNNING). Queued tasks are known only with the setting
inputTopicArn. Example:

    sdtasks stuck --for 2h --queued 4h`
}

var stuckColumns = fields.Named("task_id", "status", "runtime", "running_ms", "wait_ms", "updated_at", "error")

// Run runs the subcommand.
func (c *Stuck) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	now := clock.Now()
	tasks, err := collect(d.Table().RunningLongerThan(ctx, time.Duration(c.For), now))
	if err != nil {
		return err
	}
	queued, err := collect(d.Table().QueuedLongerThan(ctx, time.Duration(c.Queued), now))
	if err != nil {
		return err
	}
	tasks = append(tasks, queued...)
	slices.SortFunc(tasks, func(x, y tasktable.Task) int { return stuckSince(x).Compare(stuckSince(y)) })
	if err := printTasks(p, stuckColumns, c.Limit, now, each(tasks), everyTask); err != nil {
		return err
	}
	if len(tasks) == 0 {
		p.Progressf("No task has been running for over %s or queued for over %s; --for and --queued change these limits.\n",
			output.Duration(time.Duration(c.For)), output.Duration(time.Duration(c.Queued)))
	}
	if len(queued) == 0 {
		return nil
	}
	return suspectNames(ctx, p, d.Table(), queued, now)
}

// legacy is the runtime in requests of the guidance's API v1alpha1, which routes them by model, not by runtime.
const legacy = "legacy"

// newest is how many of the last day's completed tasks are read to find the runtimes that complete tasks.
const newest = 1000

// suspectNames names the runtimes of queued tasks that have completed no task, and those that have: SNS drops a request
// whose runtime is misspelt, because no queue takes it.
func suspectNames(
	ctx context.Context, p *output.Printer, table *tasktable.Table, queued []tasktable.Task, now time.Time,
) error {
	completing, suspect, left := map[string]bool{}, map[string]bool{}, newest
	since, until := now.Add(-24*time.Hour), now.Add(tasktable.ClockSkew)
	for task, err := range table.Between(ctx, announcement.Completed, since, until) {
		if err != nil {
			return err
		}
		if task.Runtime != "" {
			completing[output.Escape(task.Runtime)] = true
		}
		if left--; left == 0 {
			break
		}
	}
	for _, task := range queued {
		if name := output.Escape(task.Runtime); name != "" && name != legacy && !completing[name] {
			suspect[name] = true
		}
	}
	if len(suspect) > 0 && len(completing) > 0 {
		p.Progressf("In the last day, %s completed tasks, but %s did not: check the name.\n",
			names(completing), names(suspect))
	}
	return nil
}

func names(set map[string]bool) string { return strings.Join(slices.Sorted(maps.Keys(set)), ", ") }

// stuckSince returns when a queued task was requested, or when a running task first started.
func stuckSince(t tasktable.Task) time.Time {
	if t.Status == announcement.Queued {
		return t.QueuedAt
	}
	return t.FirstStartedAt
}
