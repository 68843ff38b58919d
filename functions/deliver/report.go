package main

import (
	"context"
	"log/slog"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/emf"
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
	failures := map[kind]int{}
	copies, existed := 0, 0
	for _, result := range r.results {
		switch {
		case result.failure != nil:
			failures[result.failure.kind]++
		case result.existed:
			existed++
		default:
			copies++
		}
	}
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
	count := func(name string, n int) emf.Metric { return emf.Metric{Name: name, Unit: emf.Count, Value: float64(n)} }
	metrics := []emf.Metric{count("Copied", copies), count("AlreadyDelivered", existed)}
	// A metric of its own for each kind: one log line can't carry two values
	// of one dimension.
	for _, k := range []kind{refused, missing, denied, conflict, unavailable} {
		if failures[k] > 0 {
			metrics = append(metrics, count("NotDelivered_"+string(k), failures[k]))
		}
	}
	if outcome == string(tasktable.Delivered) && copies > 0 {
		metrics = append(metrics, emf.Metric{Name: "PublishedToDelivered", Unit: emf.Milliseconds,
			Value: float64(now.Sub(r.announcement.PublishedAt).Milliseconds())})
	}
	h.Log.LogAttrs(ctx, level, "delivery", append(line, emf.Attrs(h.Namespace, now, metrics...)...)...)
	return err
}
