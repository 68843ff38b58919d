package main

import (
	"context"
	"log/slog"
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
	event        taskevent.Kind // even if publishing it failed; "" if the message has no event
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

// outcomes maps each outcome to the metric that counts it.
var outcomes = map[tasktable.Outcome]metrics.Metric{
	tasktable.Recorded: metrics.Recorded, tasktable.Duplicate: metrics.Duplicate,
	tasktable.Stale: metrics.Stale, tasktable.StartRecorded: metrics.Stale, tasktable.RequestRecorded: metrics.Stale,
	outcomeInvalid: metrics.Invalid,
}

// metrics returns the message's data points, with their dimensions.
func (h *Handler) metrics(r report, now time.Time) []slog.Attr {
	values := h.values(r, now)
	if len(values) == 0 {
		return nil
	}
	var dimensions []slog.Attr
	if r.recording.Outcome == tasktable.Recorded || r.recording.Rerun {
		dimensions = []slog.Attr{
			slog.String(metrics.Status, string(r.announcement.Status)),
			slog.String(metrics.Runtime, metrics.RuntimeValue(r.announcement.Runtime, h.Environment.Runtimes)),
		}
	}
	return append(dimensions, metrics.Attrs(h.Environment.Namespace, now, values...)...)
}

// values returns the metrics of the message's outcome. An error has no metric of its
// own: the AWS/Lambda metric Errors counts it.
func (h *Handler) values(r report, now time.Time) (values []metrics.Value) {
	if counted, ok := outcomes[r.recording.Outcome]; ok {
		values = append(values, counted.Value(1))
	}
	if len(r.recording.Omitted) > 0 {
		values = append(values, metrics.ContextOmitted.Value(1))
	}
	if r.unreadable != nil {
		values = append(values, metrics.ErrorUnreadable.Value(1))
	}
	if r.announcement.Source != "" { // a reconstructed announcement is old: it must not raise an alarm now
		return values
	}
	if r.recording.Rerun {
		values = append(values, metrics.Reruns.Value(1))
	}
	if r.recording.Outcome == tasktable.Recorded {
		values = append(values, h.shown(r, now)...)
	}
	return values
}

// shown returns the metrics of an announcement that the item now shows.
func (h *Handler) shown(r report, now time.Time) []metrics.Value {
	a, values := r.announcement, []metrics.Value(nil)
	add := func(m metrics.Metric, d time.Duration) { values = append(values, m.Value(float64(d.Milliseconds()))) }
	add(metrics.PublishedToRecorded, now.Sub(a.PublishedAt))
	switch a.Status {
	case announcement.Completed:
		values = append(values, metrics.Failures.Value(0))
	case announcement.Failed:
		values = append(values, metrics.Failures.Value(1))
	}
	if r.recording.Duration > 0 {
		add(metrics.Duration, r.recording.Duration)
	}
	if r.recording.Waited > 0 {
		add(metrics.Waited, r.recording.Waited)
	}
	if h.Environment.CallerContext != "" && !r.hasCaller {
		values = append(values, metrics.WithoutCaller.Value(1))
	}
	return values
}
