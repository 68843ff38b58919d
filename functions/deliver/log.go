package main

import (
	"context"
	"log/slog"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/emf"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/tasktable"
)

// report is what the log line of an announcement tells.
type report struct {
	start        time.Time
	messageID    string
	announcement announcement.Announcement
	results      []copied
	superseded   bool // the table shows a newer announcement
}

// log writes an announcement's one line, with its metrics, and returns its
// error.
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
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	line = append(line, emf.Attrs(h.Namespace, now, r.metrics(outcome, now)...)...)
	h.Log.LogAttrs(ctx, level, "delivery", line...)
	return err
}

// metrics count the objects by what became of them.
func (r report) metrics(outcome string, now time.Time) []emf.Metric {
	failures := map[*kind]int{}
	copies, existed, empty := 0, 0, 0
	for _, result := range r.results {
		switch {
		case result.failure != nil:
			failures[result.failure.kind]++
		case result.existed:
			existed++
		case result.empty:
			empty++
			fallthrough
		default:
			copies++
		}
	}
	values := []emf.Metric{metrics.Copied.Value(float64(copies)), metrics.AlreadyDelivered.Value(float64(existed))}
	for _, k := range kinds {
		if failures[k] > 0 {
			values = append(values, k.metric.Value(float64(failures[k])))
		}
	}
	if outcome == string(tasktable.DeliveryEmpty) && !r.superseded { // counted once: a repetition changes nothing
		empty++
	}
	if empty > 0 {
		values = append(values, metrics.Empty.Value(float64(empty)))
	}
	if outcome == notUnderstood {
		values = append(values, metrics.NotUnderstood.Value(1))
	}
	if outcome == string(tasktable.Delivered) && copies > 0 {
		latency := float64(now.Sub(r.announcement.PublishedAt).Milliseconds())
		values = append(values, metrics.PublishedToDelivered.Value(latency))
	}
	return values
}
