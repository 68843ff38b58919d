// Package tasks lists, shows, counts and watches tasks.
package tasks

import (
	"context"
	"iter"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// List is the subcommand that lists tasks, newest first.
type List struct {
	Status []announcement.Status `enum:"${statuses}" default:"${statuses}" help:"Only with this status; may be repeated."`

	Since    *command.Moment `placeholder:"TIME" help:"${updatedSince}."`
	Until    *command.Moment `placeholder:"TIME" help:"Only tasks updated until this time."`
	Runtime  string          `placeholder:"NAME" help:"Only tasks of this runtime."`
	Delivery *string         `enum:"delivered,empty,failed,none" placeholder:"STATUS" help:"Only this delivery: ${enum}."`
	Limit    int             `default:"50" help:"At most this many tasks; 0 for all."`
}

// Help is the rest of the help text.
func (List) Help() string {
	return `Examples:

    sdtasks list --status failed --since 24h
    sdtasks list --delivery failed --runtime comfyui --output csv --limit 0`
}

var listColumns = columns("task_id", "status", "runtime", "updated_at", "duration_ms", "image_count", "delivery_status")

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
	case c.Limit < 0:
		return command.Usagef("--limit must not be negative: 0 lists all")
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	statuses := slices.Compact(slices.Sorted(slices.Values(c.Status)))
	return c.print(p, d.Table().NewestFirst(ctx, statuses, since, until), now)
}

// print prints the wanted tasks up to the limit, and says whether more follow.
func (c *List) print(p *output.Printer, all iter.Seq2[tasktable.Task, error], now time.Time) error {
	printed, count := newList(p, listColumns, now), 0
	for task, err := range all {
		switch {
		case err != nil:
			return err
		case !c.wants(task):
			continue
		case c.Limit > 0 && count == c.Limit:
			printed.end()
			p.Progressf("Only the newest %d tasks are shown: --limit 0 shows all.\n", c.Limit)
			return nil
		}
		printed.add(task)
		count++
	}
	printed.end()
	return nil
}

func (c *List) wants(t tasktable.Task) bool {
	if c.Runtime != "" && t.Runtime != c.Runtime {
		return false
	}
	if c.Delivery == nil {
		return true
	}
	return string(t.DeliveryStatus) == *c.Delivery || t.DeliveryStatus == "" && *c.Delivery == "none"
}
