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
	Since  command.Moment `default:"7d" placeholder:"TIME" help:"${updatedSince} (default ${default})."`
	Until  command.Moment `default:"0s" placeholder:"TIME" help:"Only tasks updated until then (default: now)."`
	Caller string         `placeholder:"NAME" help:"${ofCaller}."`
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
	selected := tasktable.Selection{Statuses: tasktable.Statuses, Caller: c.Caller, Since: since, Until: until}
	if err := s.addAll(d.Table().NewestFirst(ctx, selected)); err != nil {
		return err
	}
	s.finish()
	s.print(p)
	return nil
}

// summary is what stats counts.
type summary struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
	Total    *counts   `json:"total"`
	Runtimes []*counts `json:"runtimes"`
	// Errors are the reasons of failures, the most frequent first; "" is a reason that is not known.
	Errors []reason `json:"errors"`
	// OtherErrors is how many failures have none of these reasons.
	OtherErrors int `json:"other_errors,omitempty"`
	// Durations is the histogram.
	Durations []bar `json:"durations"`

	byRuntime map[string]*counts
	reasons   map[string]int
	histogram []bar
}

// Names come from others, who may never use one twice. Those that are seen first are counted one by one, and all others
// together, so that memory is bounded.
const (
	maxRuntimes = 100
	maxErrors   = 1000
)

// otherRuntime is the name for all other runtimes.
const otherRuntime = "other"

// counts are those of one runtime, or of all.
type counts struct {
	Runtime   string `json:"runtime,omitempty"`
	Tasks     int    `json:"tasks"`
	Queued    int    `json:"queued"`
	Running   int    `json:"running"`
	Completed int    `json:"completed"`
	Failed    int    `json:"failed"`
	Reruns    int    `json:"reruns"`
	Images    int    `json:"images"`
	// The percentiles are in milliseconds, and absent if nothing was measured.
	WaitP50     *int64 `json:"wait_p50_ms,omitempty"`
	WaitP95     *int64 `json:"wait_p95_ms,omitempty"`
	DurationP50 *int64 `json:"duration_p50_ms,omitempty"`
	DurationP95 *int64 `json:"duration_p95_ms,omitempty"`
	DeliveryP50 *int64 `json:"delivery_p50_ms,omitempty"`
	DeliveryP95 *int64 `json:"delivery_p95_ms,omitempty"`

	waits, durations, deliveries sample
}

func newCounts(runtime string) *counts {
	return &counts{Runtime: runtime, waits: sample{}, durations: sample{}, deliveries: sample{}}
}

type reason struct {
	Error string `json:"error"`
	Tasks int    `json:"tasks"`
}

func newSummary(since, until time.Time) *summary {
	return &summary{
		Since: since.UTC(), Until: until.UTC(), Total: newCounts(""), Runtimes: []*counts{}, Errors: []reason{},
		byRuntime: map[string]*counts{}, reasons: map[string]int{}, histogram: newHistogram(),
	}
}

func (s *summary) addAll(tasks iter.Seq2[tasktable.Task, error]) error {
	for task, err := range tasks {
		if err != nil {
			return err
		}
		s.ofRuntime(task.Runtime).add(task)
		s.Total.add(task)
		if d, known := task.Duration(); known {
			addToHistogram(s.histogram, d)
		}
		if task.Status == announcement.Failed {
			s.addReason(task.Error)
		}
	}
	return nil
}

func (s *summary) ofRuntime(name string) *counts {
	if s.byRuntime[name] == nil && len(s.byRuntime) >= maxRuntimes {
		name = otherRuntime
	}
	if s.byRuntime[name] == nil {
		s.byRuntime[name] = newCounts(name)
	}
	return s.byRuntime[name]
}

func (s *summary) addReason(text string) {
	if _, known := s.reasons[text]; !known && len(s.reasons) == maxErrors {
		s.OtherErrors++
		return
	}
	s.reasons[text]++
}

func (c *counts) add(t tasktable.Task) {
	c.Tasks++
	switch t.Status {
	case announcement.Queued:
		c.Queued++
	case announcement.Running:
		c.Running++
	case announcement.Completed:
		c.Completed++
	case announcement.Failed:
		c.Failed++
	}
	c.Images += t.ImageCount
	c.Reruns += max(0, t.Runs-1)
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
	s.Durations = withoutEmptyEnds(s.histogram)
}

func (c *counts) measure() {
	c.WaitP50, c.WaitP95 = c.waits.percentile(50), c.waits.percentile(95)
	c.DurationP50, c.DurationP95 = c.durations.percentile(50), c.durations.percentile(95)
	c.DeliveryP50, c.DeliveryP95 = c.deliveries.percentile(50), c.deliveries.percentile(95)
}
