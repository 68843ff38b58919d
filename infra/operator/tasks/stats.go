package tasks

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Stats is the subcommand that counts tasks and measures how long they took.
type Stats struct {
	Since  command.Moment `default:"7d" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Until  command.Moment `default:"0s" placeholder:"TIME" help:"Only tasks updated until this time (default: now)."`
	Caller string         `placeholder:"NAME" help:"${ofCaller}."`
}

// Help is the rest of the help text.
func (Stats) Help() string {
	return `stats reads the index entry of each of these tasks. The latency of a delivery is the time from the
announcement of the images to the delivery of the last image; it is long if reconcile repaired the task. CSV has a line
for each figure. Example:

    sdtasks stats --since 2w`
}

// Run runs the subcommand.
func (c *Stats) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	now := clock.Now()
	since, until := c.Since.Time(now), c.Until.Time(now)
	if until.Before(since) {
		return command.Usagef("--until is before --since")
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	s := &summary{Since: since.UTC(), Until: until.UTC(), Total: newCounts(""), Runtimes: []*counts{}, Errors: []reason{}}
	runtimes, errors := map[string]*counts{}, map[string]int{}
	selected := tasktable.Selection{Statuses: tasktable.Statuses, Caller: c.Caller, Since: since, Until: until}
	for task, err := range d.Table().NewestFirst(ctx, selected) {
		if err != nil {
			return err
		}
		s.Total.add(task)
		runtime := nameIn(runtimes, task.Runtime, maxRuntimes)
		if runtimes[runtime] == nil {
			runtimes[runtime] = newCounts(runtime)
		}
		runtimes[runtime].add(task)
		if task.Status == announcement.Failed {
			errors[nameIn(errors, reasons.Of(task.Error), maxErrors)]++
		}
	}
	s.finish(runtimes, errors)
	s.print(p)
	return nil
}

// Names come from others, who may never use one twice. Those that are seen first are counted one by one, and all others
// together, so that memory is bounded.
const (
	maxRuntimes = 100
	maxErrors   = 1000
	others      = "other"
)

// nameIn is the name under which to count.
func nameIn[Count any](counted map[string]Count, name string, most int) string {
	if _, known := counted[name]; !known && len(counted) >= most {
		return others
	}
	return name
}

// summary is what stats counts.
type summary struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
	Total    *counts   `json:"total"`
	Runtimes []*counts `json:"runtimes"`
	// Errors are the reasons that [reasons.Of] returns for failures, most frequent first; "" is for unknown errors.
	Errors []reason `json:"errors"`
	// Durations is the histogram of durations.
	Durations []bar `json:"durations"`
}

type reason struct {
	Error string `json:"error"`
	Tasks int    `json:"tasks"`
}

// finish sorts the runtimes and the errors, and makes the histogram.
func (s *summary) finish(runtimes map[string]*counts, errors map[string]int) {
	for _, name := range slices.Sorted(maps.Keys(runtimes)) {
		s.Runtimes = append(s.Runtimes, runtimes[name])
	}
	for text, tasks := range errors {
		s.Errors = append(s.Errors, reason{text, tasks})
	}
	slices.SortFunc(s.Errors, func(x, y reason) int {
		return cmp.Or(cmp.Compare(y.Tasks, x.Tasks), cmp.Compare(x.Error, y.Error))
	})
	s.Durations = s.Total.durations.histogram()
}

// counts are the counts of a runtime, or of all.
type counts struct {
	runtime                      string // "" for all
	tasks, reruns, images        int
	statuses                     map[announcement.Status]int
	waits, durations, deliveries sample
}

func newCounts(runtime string) *counts {
	return &counts{runtime: runtime, statuses: map[announcement.Status]int{}, waits: sample{}, durations: sample{},
		deliveries: sample{}}
}

func (c *counts) add(t tasktable.Task) {
	c.tasks++
	c.statuses[t.Status]++
	c.images += t.ImageCount
	c.reruns += max(0, t.Runs-1)
	if d, known := t.Wait(time.Time{}); known && t.Status != announcement.Queued {
		c.waits.add(d)
	}
	if d, known := t.Duration(); known {
		c.durations.add(d)
	}
	if !t.DeliveredAt.IsZero() && !t.FinishedAt.IsZero() {
		c.deliveries.add(t.DeliveredAt.Sub(t.FinishedAt))
	}
}

// measures are the figures of counts: an int, or a duration, which is nil if nothing was measured.
var measures = []struct {
	name, title string
	value       func(c *counts) any
}{
	{"tasks", "tasks", func(c *counts) any { return c.tasks }},
	{"queued", "queued", func(c *counts) any { return c.statuses[announcement.Queued] }},
	{"running", "running", func(c *counts) any { return c.statuses[announcement.Running] }},
	{"completed", "completed", func(c *counts) any { return c.statuses[announcement.Completed] }},
	{"failed", "failed", func(c *counts) any { return c.statuses[announcement.Failed] }},
	{"reruns", "reruns", func(c *counts) any { return c.reruns }},
	{"images", "images", func(c *counts) any { return c.images }},
	{"wait_p50_ms", "wait p50", func(c *counts) any { return c.waits.percentile(50) }},
	{"wait_p95_ms", "p95", func(c *counts) any { return c.waits.percentile(95) }},
	{"duration_p50_ms", "duration p50", func(c *counts) any { return c.durations.percentile(50) }},
	{"duration_p95_ms", "p95", func(c *counts) any { return c.durations.percentile(95) }},
	{"delivery_p50_ms", "delivery p50", func(c *counts) any { return c.deliveries.percentile(50) }},
	{"delivery_p95_ms", "p95", func(c *counts) any { return c.deliveries.percentile(95) }},
}

// MarshalJSON writes an object with the measures, in their order.
func (c *counts) MarshalJSON() ([]byte, error) {
	var o object
	if c.runtime != "" {
		o.add("runtime", c.runtime)
	}
	for _, m := range measures {
		o.add(m.name, m.value(c))
	}
	return o.encode()
}
