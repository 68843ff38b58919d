package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/tasktable"
)

// Handler records announcements. It may be called from several goroutines.
type Handler struct {
	Table *tasktable.Table
	Log   *slog.Logger
	Now   func() time.Time
}

// Handle records each announcement of an SNS event. A failure of one does not
// keep the others from being recorded; recording one again is harmless, so
// Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	if len(event.Records) == 0 {
		return function.ErrNotSNS
	}
	ctx, cancel := function.WorkContext(ctx)
	defer cancel()
	var errs []error
	for _, record := range event.Records {
		errs = append(errs, h.record(ctx, record.SNS))
	}
	return errors.Join(errs...)
}

func (h *Handler) record(ctx context.Context, message events.SNSEntity) error {
	start := h.Now()
	a, err := announcement.FromSNS(message)
	var outcome tasktable.Outcome = "invalid"
	if err == nil {
		outcome, err = h.Table.Record(ctx, a)
	}
	if err != nil && outcome == "" {
		outcome = "error"
	}
	h.log(ctx, a, message.MessageID, outcome, h.Now().Sub(start), err)
	return err
}

func (h *Handler) log(ctx context.Context, a announcement.Announcement, messageID string, outcome tasktable.Outcome, took time.Duration, err error) {
	attributes := []slog.Attr{
		slog.String("task_id", a.TaskID),
		slog.String("message_id", messageID),
		slog.String("status", string(a.Status)),
		slog.String("outcome", string(outcome)),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		attributes = append(attributes, slog.String("error", err.Error()))
	}
	h.Log.LogAttrs(ctx, level, "announcement", attributes...)
}
