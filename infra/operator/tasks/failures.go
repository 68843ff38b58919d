package tasks

import (
	"context"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Failures is the subcommand that lists failed tasks.
type Failures struct {
	Since  command.Moment `default:"24h" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Caller string         `placeholder:"NAME" help:"${ofCaller}."`
	Limit  int            `default:"50" help:"${limit} (default ${default})."`
}

// Help is the rest of the help text.
func (Failures) Help() string {
	return `For tasks whose images were not delivered, see sdtasks list --delivery failed. Example:

    sdtasks failures --since 7d --output csv`
}

var failureColumns = columns("task_id", "runtime", "finished_at", "duration_ms", "error")

// Run runs the subcommand.
func (c *Failures) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	now := clock.Now()
	failed := d.Table().NewestFirst(ctx, tasktable.Selection{
		Statuses: []announcement.Status{announcement.Failed}, Caller: c.Caller,
		Since: c.Since.Time(now), Until: now.Add(tasktable.ClockSkew),
	})
	return newList(p, failureColumns, now).addUpTo(c.Limit, failed, everyTask)
}
