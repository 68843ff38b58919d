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
	line = append(line, metrics.Attrs(h.Environment.Namespace, now, r.values(outcome, now)...)...)
	return function.Log(ctx, h.Log, "delivery", err, line...)
}

// values count the objects by what became of them.
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
	// What is reconstructed happened long ago, and nobody should be alarmed now.
	if r.announcement.Source != "" {
		return values
	}
	if outcome == string(tasktable.DeliveryEmpty) && !r.superseded { // a repetition changes nothing
		empty++
	}
	add(metrics.Empty, empty)
	if outcome == string(tasktable.Delivered) && copied > 0 {
		latency := float64(now.Sub(r.announcement.PublishedAt).Milliseconds())
		values = append(values, metrics.PublishedToDelivered.Value(latency))
	}
	return values
}

// counts are numbers of objects.
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
