package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/tasktable"
)

// answerReserve is the time of an invocation that is kept back from recording,
// to log and answer.
const answerReserve = time.Second

// Outcomes in the log, beside those of package tasktable.
const (
	outcomeInvalid tasktable.Outcome = "invalid"
	outcomeError   tasktable.Outcome = "error"
)

// Handler records announcements. It may be called from several goroutines.
type Handler struct {
	Table *tasktable.Table
	Log   *slog.Logger
	Now   func() time.Time
	// Namespace is the CloudWatch namespace of the metrics.
	Namespace string
	// Runtimes are the runtime names that metrics tell apart. Others count as
	// "other", because a name comes from a message and may be anything.
	Runtimes []string
}

// Handle records each announcement of an SNS event. Recording is idempotent, so
// Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	ctx, cancel := function.WorkContext(ctx, answerReserve)
	defer cancel()
	return function.EachMessage(event, func(message events.SNSEntity) error { return h.record(ctx, message) })
}

func (h *Handler) record(ctx context.Context, message events.SNSEntity) error {
	r := report{start: h.Now(), messageID: message.MessageID}
	var err error
	if r.announcement, err = announcement.FromSNS(message); err != nil {
		r.recording.Outcome = outcomeInvalid
		return h.log(ctx, r, failure.Of(failure.Invalid, err))
	}
	if r.recording, err = h.Table.Record(ctx, r.announcement); err != nil {
		r.recording.Outcome = outcomeError
	}
	return h.log(ctx, r, err)
}
