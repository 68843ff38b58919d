package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// report is the content of a message's log line.
type report struct {
	start        time.Time
	messageID    string
	announcement announcement.Announcement // zero if the message is invalid
	hasCaller    bool
	recording    tasktable.Recording
	unreadable   error          // why the error report can't be read
	event        taskevent.Kind // published, or failed to be; "" for none
}

// log writes the message's only log line, with its metrics, and returns err.
func (h *Handler) log(ctx context.Context, r report, err error) error {
	now := h.Now()
	line := []slog.Attr{
		slog.String("task_id", r.announcement.TaskID),
		slog.String("message_id", r.messageID),
		slog.String("status", string(r.announcement.Status)),
		slog.String("runtime", r.announcement.Runtime),
		slog.String("outcome", string(r.recording.Outcome)),
		slog.Float64("duration_ms", float64(now.Sub(r.start).Microseconds())/1000),
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	if r.unreadable != nil {
		line = append(line, slog.String("report", r.unreadable.Error()))
	}
	if r.event != "" {
		line = append(line, slog.String("event", string(r.event)))
	}
	if len(r.recording.Omitted) > 0 {
		level = slog.LevelError
		line = append(line, slog.String("omitted", strings.Join(r.recording.Omitted, ",")))
	}
	line = append(line, h.metrics(r, now)...)
	h.Log.LogAttrs(ctx, level, "announcement", line...)
	return err
}

// outcomes are the metrics that count them.
var outcomes = map[tasktable.Outcome]metrics.Metric{
	tasktable.Recorded: metrics.Recorded, tasktable.Duplicate: metrics.Duplicate,
	tasktable.Stale: metrics.Stale, tasktable.StartRecorded: metrics.Stale, tasktable.RequestRecorded: metrics.Stale,
	outcomeInvalid: metrics.Invalid,
}

// metrics are the message's data points, with their dimensions.
func (h *Handler) metrics(r report, now time.Time) []slog.Attr {
	values := h.values(r, now)
	if len(values) == 0 {
		return nil
	}
	var dimensions []slog.Attr
	if r.recording.Outcome == tasktable.Recorded || r.recording.Rerun {
		dimensions = []slog.Attr{
			slog.String(metrics.Status, string(r.announcement.Status)),
			slog.String(metrics.Runtime, h.runtime(r.announcement.Runtime)),
		}
	}
	return append(dimensions, metrics.Attrs(h.Namespace, now, values...)...)
}

// values counts the message by its outcome. An error has no metric of its own:
// the AWS/Lambda metric Errors counts it.
func (h *Handler) values(r report, now time.Time) (values []metrics.Value) {
	// What is reconstructed happened long ago, and nobody should be alarmed now.
	old := r.announcement.Source != ""
	shown := r.recording.Outcome == tasktable.Recorded
	if counted, ok := outcomes[r.recording.Outcome]; ok {
		values = append(values, counted.Value(1))
	}
	if shown && !old {
		latency := float64(now.Sub(r.announcement.PublishedAt).Milliseconds())
		values = append(values, metrics.PublishedToRecorded.Value(latency))
	}
	for _, counter := range []struct {
		metric metrics.Metric
		counts bool
	}{
		{metrics.ContextOmitted, len(r.recording.Omitted) > 0},
		{metrics.WithoutCaller, shown && !old && h.CallerContext != "" && !r.hasCaller},
		{metrics.ErrorUnreadable, r.unreadable != nil},
		{metrics.Reruns, r.recording.Rerun && !old},
	} {
		if counter.counts {
			values = append(values, counter.metric.Value(1))
		}
	}
	if waited := r.recording.Waited; waited > 0 {
		values = append(values, metrics.Waited.Value(float64(waited.Milliseconds())))
	}
	return values
}

func (h *Handler) runtime(name string) string {
	switch {
	case name == "":
		return metrics.NoRuntime
	case slices.Contains(h.Runtimes, name):
		return name
	}
	return metrics.OtherRuntime
}
