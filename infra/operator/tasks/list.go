// Package tasks lists, shows, counts and watches tasks.
package tasks

import (
	"context"
	"iter"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// List is the subcommand that lists tasks, newest first.
type List struct {
	Status []announcement.Status `enum:"${statuses}" default:"${statuses}" help:"Only this status; may be repeated."`

	Since    *command.Moment `placeholder:"TIME" help:"${updatedSince}."`
	Until    *command.Moment `placeholder:"TIME" help:"Only tasks updated until this time."`
	Runtime  string          `placeholder:"NAME" help:"Only tasks of this runtime."`
	Caller   string          `placeholder:"NAME" help:"${ofCaller}."`
	Delivery *string         `enum:"delivered,empty,failed,none" placeholder:"STATUS" help:"Only this delivery: ${enum}."`
	Reruns   bool            `help:"Only tasks that completed more than once."`
	Limit    uint            `default:"50" help:"${limit} (default ${default})."`
}

// Help is the rest of the help text.
func (List) Help() string {
	return `sdtasks failures shows the errors and prompts of failed tasks. Examples:

    sdtasks list --since 24h --caller u-17
    sdtasks list --delivery failed --runtime comfyui --output csv --limit 0
    sdtasks list --reruns --since 7d`
}

var listColumns = fields.Named("task_id", "status", "runtime", "updated_at", "duration_ms", "image_count",
	"delivery_status")

// Run runs the subcommand.
func (c *List) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	now := clock.Now()
	since, until := time.Time{}, now.Add(tasktable.ClockSkew)
	if c.Since != nil {
		since = c.Since.Time(now)
	}
	if c.Until != nil {
		until = c.Until.Time(now)
	}
	switch {
	case until.Before(since):
		return command.Usagef("--until is before --since")
	case len(c.Status) == 0:
		return command.Usagef("--status: must not be empty")
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	selected := tasktable.Selection{
		Statuses: slices.Compact(slices.Sorted(slices.Values(c.Status))), Caller: c.Caller, Since: since, Until: until,
	}
	return printTasks(p, listColumns, c.Limit, now, d.Table().NewestFirst(ctx, selected), c.wants)
}

func (c *List) wants(t tasktable.Task) bool {
	if c.Runtime != "" && t.Runtime != c.Runtime || c.Reruns && t.Runs < 2 {
		return false
	}
	if c.Delivery == nil {
		return true
	}
	return string(t.DeliveryStatus) == *c.Delivery || t.DeliveryStatus == "" && *c.Delivery == "none"
}

// Failures is the subcommand that lists failed tasks.
type Failures struct {
	Since  command.Moment `default:"24h" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Caller string         `placeholder:"NAME" help:"${ofCaller}."`
	Limit  uint           `default:"50" help:"${limit} (default ${default})."`
}

// Help is the rest of the help text.
func (Failures) Help() string {
	return `Callers are shown with the setting callerContext, prompts with the settings taskRequests and inputTopicArn.
sdtasks list --delivery failed shows tasks whose images were not delivered. Examples:

    sdtasks failures --caller u-17 --since 24h
    sdtasks failures --since 7d --output csv`
}

// columns returns the columns for the stack's settings.
func (c *Failures) columns(d *deployment.Deployment) []fields.Field {
	chosen := fields.Named("task_id", "runtime", "finished_at", "duration_ms", "error")
	if d.HasCallers() && c.Caller == "" {
		chosen = slices.Insert(chosen, 1, fields.Named("caller")...)
	}
	if d.KeepsRequests() {
		chosen = append(chosen, fields.Beginning)
	}
	return chosen
}

// Run runs the subcommand.
func (c *Failures) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	now := clock.Now()
	failed := d.Table().NewestFirst(ctx, tasktable.Selection{
		Statuses: []announcement.Status{announcement.Failed}, Caller: c.Caller,
		Since: c.Since.Time(now), Until: now.Add(tasktable.ClockSkew),
	})
	return printTasks(p, c.columns(d), c.Limit, now, c.withOmitted(ctx, d, failed), everyTask)
}

// withOmitted yields tasks with what the index doesn't have, which it reads for a batch of tasks at a time: of those up
// to the limit, and one more, which says that more follow.
func (c *Failures) withOmitted(
	ctx context.Context, d *deployment.Deployment, tasks iter.Seq2[tasktable.Task, error],
) iter.Seq2[tasktable.Task, error] {
	size := tasktable.MaxInBatch
	if c.Limit > 0 && c.Limit < tasktable.MaxInBatch {
		size = int(c.Limit) + 1
	}
	return func(yield func(tasktable.Task, error) bool) {
		var batch []tasktable.Task
		flush := func() (goOn bool) {
			err := d.AddOmitted(ctx, batch)
			for _, task := range batch {
				if !yield(task, err) {
					return false
				}
			}
			batch = nil
			return true
		}
		for task, err := range tasks {
			if err != nil {
				_ = flush() && yield(task, err)
				return
			}
			if batch = append(batch, task); len(batch) == size && !flush() {
				return
			}
		}
		flush()
	}
}
