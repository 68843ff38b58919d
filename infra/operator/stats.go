package main

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// stats is the subcommand that counts tasks and measures how long they took.
type stats struct {
	Since moment `default:"7d" placeholder:"TIME" help:"${sinceHelp} (default ${default})."`
	Until moment `default:"0s" placeholder:"TIME" help:"Only tasks updated until then (default: now)."`
}

// Help is the rest of the help text.
func (stats) Help() string {
	return `It reads the index entries of all those tasks. A delivery's latency is from the announcement of the images to
the delivery of the last; of reconciled tasks it is long. CSV has a figure a line. Example:

    sdtasks stats --since 2w`
}

// Run runs the subcommand.
func (c *stats) Run(ctx context.Context, s *session) error {
	since, until := c.Since.time(s.now()), c.Until.time(s.now())
	if until.Before(since) {
		return usageError{errors.New("--until is before --since")}
	}
	table, err := s.table(ctx)
	if err != nil {
		return err
	}
	counted := newSummary(since, until)
	for _, status := range statuses {
		if err := counted.addAll(table.Between(ctx, status, since, until)); err != nil {
			return err
		}
	}
	return s.printSummary(counted.finish())
}

// summary is what stats counts.
type summary struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
	Total    counts    `json:"total"`
	Runtimes []*counts `json:"runtimes"`
	// Errors are the reasons of failures, the most frequent first; "" if a
	// failure's is not known.
	Errors []reason `json:"errors"`
	// Durations is the histogram.
	Durations []bar `json:"durations"`

	byRuntime map[string]*counts
	reasons   map[string]int
}

// counts are of one runtime, or of all of them.
type counts struct {
	Runtime   string `json:"runtime,omitempty"`
	Tasks     int    `json:"tasks"`
	Running   int    `json:"running"`
	Completed int    `json:"completed"`
	Failed    int    `json:"failed"`
	Reruns    int    `json:"reruns"`
	Images    int    `json:"images"`
	// The percentiles, in milliseconds; absent if nothing was measured.
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
func (s *summary) finish() *summary {
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
	return s
}

func (c *counts) measure() {
	slices.Sort(c.durations)
	slices.Sort(c.deliveries)
	c.DurationP50, c.DurationP95 = percentile(c.durations, 50), percentile(c.durations, 95)
	c.DeliveryP50, c.DeliveryP95 = percentile(c.deliveries, 50), percentile(c.deliveries, 95)
}

// percentile is the smallest of the sorted values that so many percent of them do
// not exceed (the nearest rank), in milliseconds; nil if there are none.
func percentile(sorted []time.Duration, percent int) *int64 {
	if len(sorted) == 0 {
		return nil
	}
	rank := (len(sorted)*percent + 99) / 100
	return new(sorted[rank-1].Milliseconds())
}
