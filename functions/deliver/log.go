package main

import (
	"context"
	"log/slog"
	"time"

	"sdtasktracker/shared/announcement"
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
	line = append(line, metrics.Attrs(h.Environment.Namespace, now, r.values(outcome, now)...)...)
	h.Log.LogAttrs(ctx, level, "delivery", line...)
	return err
}

// values count the objects by what became of them.
func (r report) values(outcome string, now time.Time) []metrics.Value {
	counts := r.counts()
	values := []metrics.Value{metrics.Copied.Value(counts.copied), metrics.AlreadyDelivered.Value(counts.existed)}
	for _, k := range kinds {
		if n := counts.missing[k]; n > 0 {
			values = append(values, k.metric.Value(n))
		}
	}
	if outcome == notUnderstood {
		values = append(values, metrics.NotUnderstood.Value(1))
	}
	// What is reconstructed happened long ago, and nobody should be alarmed now.
	if r.announcement.Source != "" {
		return values
	}
	if outcome == string(tasktable.DeliveryEmpty) && !r.superseded { // a repetition changes nothing
		counts.empty++
	}
	if counts.empty > 0 {
		values = append(values, metrics.Empty.Value(counts.empty))
	}
	if outcome == string(tasktable.Delivered) && counts.copied > 0 {
		latency := float64(now.Sub(r.announcement.PublishedAt).Milliseconds())
		values = append(values, metrics.PublishedToDelivered.Value(latency))
	}
	return values
}

// counts are numbers of objects.
type counts struct {
	copied, existed, empty float64
	missing                map[*kind]float64
}

func (r report) counts() counts {
	c := counts{missing: map[*kind]float64{}}
	for _, result := range r.results {
		switch {
		case result.failure != nil:
			c.missing[result.failure.kind]++
		case result.existed:
			c.existed++
		case result.empty:
			c.copied++
			c.empty++
		default:
			c.copied++
		}
	}
	return c
}
