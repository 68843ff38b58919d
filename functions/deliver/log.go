package main

import (
	"context"
	"log/slog"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// report is the content of a message's log line.
type report struct {
	start        time.Time
	messageID    string
	announcement announcement.Announcement
	results      []copied
	superseded   bool           // the table shows a newer announcement
	event        taskevent.Kind // even if publishing it failed; "" if the message has no event
}

// log writes the message's only log line, with its metrics, and returns err.
func (h *Handler) log(ctx context.Context, r report, outcome string, err error) error {
	now := h.Now()
	line := []slog.Attr{
		slog.String("task_id", r.announcement.TaskID),
		slog.String("message_id", r.messageID),
		slog.String("outcome", outcome),
		slog.Int("objects", len(r.results)),
		slog.Bool("superseded", r.superseded),
		slog.Float64("duration_ms", float64(now.Sub(r.start).Microseconds())/1000),
	}
	if r.event != "" {
		line = append(line, slog.String("event", string(r.event)))
	}
	line = append(line, metrics.Attrs(h.Environment.Namespace, now, r.values(outcome, now)...)...)
	return function.Log(ctx, h.Log, "delivery", err, line...)
}

// values returns the metrics of the message: the number of objects for each result.
func (r report) values(outcome string, now time.Time) []metrics.Value {
	copied, existed, empty, missing := r.counts()
	values := []metrics.Value{metrics.Copied.Value(copied), metrics.AlreadyDelivered.Value(existed)}
	add := func(m metrics.Metric, n float64) {
		if n > 0 {
			values = append(values, m.Value(n))
		}
	}
	for _, k := range kinds {
		add(k.metric, missing[k])
	}
	if outcome == notUnderstood {
		add(metrics.NotUnderstood, 1)
	}
	if r.announcement.Source != "" { // a reconstructed announcement is old: it must not raise an alarm now
		return values
	}
	if outcome == string(tasktable.DeliveryEmpty) && !r.superseded { // each announcement counts once
		empty++
	}
	add(metrics.Empty, empty)
	if outcome == string(tasktable.Delivered) && copied > 0 {
		latency := float64(now.Sub(r.announcement.PublishedAt).Milliseconds())
		values = append(values, metrics.PublishedToDelivered.Value(latency))
	}
	return values
}

// counts returns the number of objects for each result.
func (r report) counts() (copied, existed, empty float64, missing map[*kind]float64) {
	missing = map[*kind]float64{}
	for _, result := range r.results {
		switch {
		case result.failure != nil:
			missing[result.failure.kind]++
		case result.existed:
			existed++
		default:
			copied++
			if result.empty {
				empty++
			}
		}
	}
	return copied, existed, empty, missing
}
