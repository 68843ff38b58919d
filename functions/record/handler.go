package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/emf"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/tasktable"
)

// answerReserve is the time of an invocation that is kept back from recording,
// to log and answer.
const answerReserve = time.Second

// Handler records announcements. It may be called from several goroutines.
type Handler struct {
	Table *tasktable.Table
	Log   *slog.Logger
	Now   func() time.Time
	// Namespace is the CloudWatch namespace of the metrics.
	Namespace string
	// Runtimes are the runtime names that metrics tell apart; others count as
	// "other", since a name comes from a message and may be anything.
	Runtimes []string
}

// Handle records each announcement of an SNS event. Recording one again is
// harmless, so Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	ctx, cancel := function.WorkContext(ctx, answerReserve)
	defer cancel()
	return function.EachMessage(event, func(message events.SNSEntity) error { return h.record(ctx, message) })
}

func (h *Handler) record(ctx context.Context, message events.SNSEntity) error {
	start := h.Now()
	var recording tasktable.Recording
	a, err := announcement.FromSNS(message)
	if err != nil {
		recording.Outcome = "invalid"
	} else if recording, err = h.Table.Record(ctx, a); err != nil {
		recording.Outcome = "error"
	}
	h.log(ctx, message.MessageID, a, recording, start, err)
	return err
}

// log writes the announcement's one line, with its metrics.
func (h *Handler) log(ctx context.Context, messageID string, a announcement.Announcement, recording tasktable.Recording, start time.Time, err error) {
	now := h.Now()
	line := []slog.Attr{
		slog.String("task_id", a.TaskID),
		slog.String("message_id", messageID),
		slog.String("status", string(a.Status)),
		slog.String("runtime", a.Runtime),
		slog.String("outcome", string(recording.Outcome)),
		slog.Float64("duration_ms", float64(now.Sub(start).Microseconds())/1000),
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	if len(recording.Omitted) > 0 {
		level = slog.LevelError
		line = append(line, slog.String("omitted", strings.Join(recording.Omitted, ",")))
	}
	line = append(line, h.metrics(a, recording, now)...)
	h.Log.LogAttrs(ctx, level, "announcement", line...)
}

// metrics count the announcement by its outcome.
func (h *Handler) metrics(a announcement.Announcement, recording tasktable.Recording, now time.Time) []slog.Attr {
	count := func(name string) emf.Metric { return emf.Metric{Name: name, Unit: emf.Count, Value: 1} }
	var metrics []emf.Metric
	var dimensions []slog.Attr
	switch recording.Outcome {
	case tasktable.Recorded:
		recorded := count("Recorded")
		recorded.Dimensions = [][]string{{"Status"}, {"Status", "Runtime"}}
		dimensions = []slog.Attr{slog.String("Status", string(a.Status)), slog.String("Runtime", h.runtime(a.Runtime))}
		latency := float64(now.Sub(a.PublishedAt).Milliseconds())
		metrics = append(metrics, recorded, emf.Metric{Name: "PublishedToRecorded", Unit: emf.Milliseconds, Value: latency})
	case tasktable.Duplicate:
		metrics = append(metrics, count("Duplicate"))
	case tasktable.Stale, tasktable.StartRecorded:
		metrics = append(metrics, count("Stale"))
	case "invalid":
		metrics = append(metrics, count("Invalid"))
	}
	if len(recording.Omitted) > 0 {
		metrics = append(metrics, count("ContextOmitted"))
	}
	if len(metrics) == 0 {
		return nil // AWS/Lambda Errors counts it
	}
	return append(dimensions, emf.Attrs(h.Namespace, now, metrics...)...)
}

func (h *Handler) runtime(name string) string {
	switch {
	case name == "":
		return "none"
	case slices.Contains(h.Runtimes, name):
		return name
	}
	return "other"
}
