package main

import (
	"context"
	"log/slog"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/emf"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// report is what the log line of an announcement tells.
type report struct {
	start        time.Time
	messageID    string
	announcement announcement.Announcement
	results      []copied
	superseded   bool           // the table shows a newer announcement
	event        taskevent.Kind // published, or failed to be; "" for none
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
	if r.event != "" {
		line = append(line, slog.String("event", string(r.event)))
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
	counts := r.counts()
	// What is reconstructed happened long ago, and nobody should be alarmed now.
	old := r.announcement.Source != ""
	if outcome == string(tasktable.DeliveryEmpty) && !r.superseded { // a repetition changes nothing
		counts[metrics.Empty.Name]++
	}
	if outcome == notUnderstood {
		counts[metrics.NotUnderstood.Name]++
	}
	values := []emf.Metric{metrics.Copied.Value(counts[metrics.Copied.Name]),
		metrics.AlreadyDelivered.Value(counts[metrics.AlreadyDelivered.Name])}
	rare := []metrics.Metric{metrics.Empty, metrics.NotUnderstood}
	for _, k := range kinds {
		rare = append(rare, k.metric)
	}
	for _, metric := range rare {
		if n := counts[metric.Name]; n > 0 && !(old && metric.Name == metrics.Empty.Name) {
			values = append(values, metric.Value(n))
		}
	}
	if outcome == string(tasktable.Delivered) && !old && counts[metrics.Copied.Name] > 0 {
		latency := float64(now.Sub(r.announcement.PublishedAt).Milliseconds())
		values = append(values, metrics.PublishedToDelivered.Value(latency))
	}
	return values
}

// counts are how many objects each metric counts, by its name.
func (r report) counts() map[string]float64 {
	counts := map[string]float64{}
	for _, result := range r.results {
		switch {
		case result.failure != nil:
			counts[result.failure.kind.metric.Name]++
		case result.existed:
			counts[metrics.AlreadyDelivered.Name]++
		default:
			counts[metrics.Copied.Name]++
			if result.empty {
				counts[metrics.Empty.Name]++
			}
		}
	}
	return counts
}
