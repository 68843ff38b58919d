package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// list is the subcommand that lists tasks, newest first.
type list struct {
	Status   []announcement.Status `enum:"running,completed,failed" default:"${statuses}" help:"${statusHelp}"`
	Since    *moment               `placeholder:"TIME" help:"${sinceHelp}."`
	Until    *moment               `placeholder:"TIME" help:"Only tasks updated until then."`
	Runtime  string                `placeholder:"NAME" help:"Only tasks of this runtime."`
	Delivery *string               `enum:"delivered,empty,failed,none" placeholder:"STATUS" help:"${deliveryHelp}"`
	Limit    int                   `default:"50" help:"At most so many tasks; 0 for all."`
}

// Help is the rest of the help text.
func (list) Help() string {
	return `Examples:

    sdtasks list --status failed --since 24h
    sdtasks list --delivery failed --runtime comfyui --output csv --limit 0`
}

// Run runs the subcommand.
func (c *list) Run(ctx context.Context, s *session) error {
	now := s.now()
	since, until := time.Time{}, now.Add(clockSkew)
	if c.Since != nil {
		since = c.Since.time(now)
	}
	if c.Until != nil {
		until = c.Until.time(now)
	}
	switch {
	case until.Before(since):
		return usageError{errors.New("--until is before --since")}
	case c.Limit < 0:
		return usageError{errors.New("--limit is negative: 0 lists all")}
	}
	table, err := s.table(ctx)
	if err != nil {
		return err
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(c.Status)))
	tasks, more, err := c.take(newestFirst(ctx, table, wanted, since, until))
	if err != nil {
		return err
	}
	if more {
		defer fmt.Fprintf(s.progress, "These are the newest %d tasks; there are more: --limit 0 lists all.\n", c.Limit)
	}
	return s.print(tasks, columnID, columnStatus, columnRuntime, columnUpdated, columnDuration, columnImages,
		columnDelivery)
}

// statuses are all there are.
var statuses = []announcement.Status{announcement.Running, announcement.Completed, announcement.Failed}

// newestFirst yields the tasks of some statuses, as Between does those of one.
func newestFirst(
	ctx context.Context, table *tasktable.Table, statuses []announcement.Status, since, until time.Time,
) iter.Seq2[tasktable.Task, error] {
	var sources []iter.Seq2[tasktable.Task, error]
	for _, status := range statuses {
		sources = append(sources, table.Between(ctx, status, since, until))
	}
	return merge(sources)
}

// clockSkew is how far the publisher's clock may be ahead of this machine's.
const clockSkew = 24 * time.Hour

// take takes tasks up to the limit, and tells whether there are more.
func (c *list) take(all iter.Seq2[tasktable.Task, error]) (tasks []tasktable.Task, more bool, err error) {
	for task, err := range all {
		switch {
		case err != nil:
			return nil, false, err
		case !c.wants(task):
		case c.Limit > 0 && len(tasks) == c.Limit:
			return tasks, true, nil
		default:
			tasks = append(tasks, task)
		}
	}
	return tasks, false, nil
}

func (c *list) wants(t tasktable.Task) bool {
	if c.Runtime != "" && t.Runtime != c.Runtime {
		return false
	}
	if c.Delivery == nil {
		return true
	}
	return string(t.DeliveryStatus) == *c.Delivery || t.DeliveryStatus == "" && *c.Delivery == "none"
}

// merge yields the tasks of sequences that are each newest first, newest first. An
// error ends the sequence.
func merge(sources []iter.Seq2[tasktable.Task, error]) iter.Seq2[tasktable.Task, error] {
	return func(yield func(tasktable.Task, error) bool) {
		heads := make([]*head, 0, len(sources))
		for _, source := range sources {
			h := &head{}
			next, stop := iter.Pull2(source)
			defer stop()
			h.next = next
			if h.advance() {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			newest := slices.MinFunc(heads, (*head).compare)
			if !yield(newest.task, newest.err) || newest.err != nil {
				return
			}
			if !newest.advance() {
				heads = slices.DeleteFunc(heads, func(h *head) bool { return h == newest })
			}
		}
	}
}

// head is the first task, or error, of a sequence.
type head struct {
	task tasktable.Task
	err  error
	next func() (tasktable.Task, error, bool)
}

func (h *head) advance() (ok bool) {
	h.task, h.err, ok = h.next()
	return ok
}

// compare orders errors first, then the newest tasks.
func (h *head) compare(other *head) int {
	switch {
	case h.err != nil:
		return -1
	case other.err != nil:
		return 1
	}
	return other.task.UpdatedAt.Compare(h.task.UpdatedAt)
}
