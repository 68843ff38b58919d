package tasks

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Stats is the subcommand that counts tasks and measures how long they took.
type Stats struct {
	Since command.Moment `default:"7d" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Until command.Moment `default:"0s" placeholder:"TIME" help:"Only tasks updated until then (default: now)."`
}

// Help is the rest of the help text.
func (Stats) Help() string {
	return `It reads the index entries of all those tasks. The latency of a delivery is the time from the announcement of
the images to the delivery of the last image; it is long if reconcile repaired the task. CSV has a line for each
figure. Example:

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
	s := newSummary(since, until)
	for _, status := range tasktable.Statuses {
		if err := s.addAll(d.Table().Between(ctx, status, since, until)); err != nil {
			return err
		}
	}
	s.finish()
	s.print(p)
	return nil
}

// summary is what stats counts.
type summary struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
	Total    counts    `json:"total"`
	Runtimes []*counts `json:"runtimes"`
	// Errors are the reasons of failures, the most frequent first; "" is a reason that is not known.
	Errors []reason `json:"errors"`
	// Durations is the histogram.
	Durations []bar `json:"durations"`

	byRuntime map[string]*counts
	reasons   map[string]int
}

// counts are those of one runtime, or of all.
type counts struct {
	Runtime   string `json:"runtime,omitempty"`
	Tasks     int    `json:"tasks"`
	Running   int    `json:"running"`
	Completed int    `json:"completed"`
	Failed    int    `json:"failed"`
	Reruns    int    `json:"reruns"`
	Images    int    `json:"images"`
	// The percentiles are in milliseconds, and absent if nothing was measured.
	DurationP50 *int64 `json:"duration_p50_ms,omitempty"`
	DurationP95 *int64 `json:"duration_p95_ms,omitempty"`
	DeliveryP50 *int64 `json:"delivery_p50_ms,omitempty"`
	DeliveryP95 *int64 `json:"delivery_p95_ms,omitempty"`

	durations, deliveries []time.Duration
}

type reason struct {
	Error string `json:"error"`
	Tasks int    `json:"tasks"`
}

func newSummary(since, until time.Time) *summary {
	return &summary{
		Since: since.UTC(), Until: until.UTC(), Runtimes: []*counts{}, Errors: []reason{},
		byRuntime: map[string]*counts{}, reasons: map[string]int{},
	}
}

func (s *summary) addAll(tasks iter.Seq2[tasktable.Task, error]) error {
	for task, err := range tasks {
		if err != nil {
			return err
		}
		of := s.byRuntime[task.Runtime]
		if of == nil {
			of = &counts{Runtime: task.Runtime}
			s.byRuntime[task.Runtime] = of
		}
		of.add(task)
		s.Total.add(task)
		if task.Status == announcement.Failed {
			s.reasons[task.Error]++
		}
	}
	return nil
}

func (c *counts) add(t tasktable.Task) {
	c.Tasks++
	switch t.Status {
	case announcement.Running:
		c.Running++
	case announcement.Completed:
		c.Completed++
	case announcement.Failed:
		c.Failed++
	}
	c.Images += t.ImageCount
	c.Reruns += max(0, t.Runs-1)
	if d, known := t.Duration(); known {
		c.durations = append(c.durations, d)
	}
	if !t.DeliveredAt.IsZero() && !t.FinishedAt.IsZero() {
		c.deliveries = append(c.deliveries, t.DeliveredAt.Sub(t.FinishedAt))
	}
}

// finish sorts and measures what was added.
func (s *summary) finish() {
	s.Total.measure()
	for _, name := range slices.Sorted(maps.Keys(s.byRuntime)) {
		s.byRuntime[name].measure()
		s.Runtimes = append(s.Runtimes, s.byRuntime[name])
	}
	for text, tasks := range s.reasons {
		s.Errors = append(s.Errors, reason{text, tasks})
	}
	slices.SortFunc(s.Errors, func(x, y reason) int {
		return cmp.Or(cmp.Compare(y.Tasks, x.Tasks), cmp.Compare(x.Error, y.Error))
	})
	s.Durations = histogram(s.Total.durations)
}

func (c *counts) measure() {
	slices.Sort(c.durations)
	slices.Sort(c.deliveries)
	c.DurationP50, c.DurationP95 = percentile(c.durations, 50), percentile(c.durations, 95)
	c.DeliveryP50, c.DeliveryP95 = percentile(c.deliveries, 50), percentile(c.deliveries, 95)
}

// percentile is the nearest-rank percentile of sorted values, in milliseconds; nil if there are no values.
func percentile(sorted []time.Duration, percent int) *int64 {
	if len(sorted) == 0 {
		return nil
	}
	rank := (len(sorted)*percent + 99) / 100
	return new(sorted[rank-1].Milliseconds())
}
