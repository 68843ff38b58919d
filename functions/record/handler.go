package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// answerReserve is the time at the end of an invocation for logging and answering.
const answerReserve = time.Second

// The outcomes of messages that are not recorded. Package tasktable has the others.
const (
	outcomeInvalid tasktable.Outcome = "invalid"
	outcomeError   tasktable.Outcome = "error"
)

// Handler records announcements. It is safe for concurrent use.
type Handler struct {
	Table       *tasktable.Table
	Environment environment.Record
	// Outputs reads tasks' outputs; nil if the deployment doesn't read them.
	Outputs *s3.Client
	// Events publishes that a task failed; nil if the deployment has no task events.
	Events *taskevent.Publisher
	Log    *slog.Logger
	Now    func() time.Time
}

// Handle records each announcement or request in an SNS event, and returns the errors
// joined. A message that is neither causes an error of kind [failure.Invalid].
// Recording is idempotent, so Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	ctx, cancel := function.WorkContext(ctx, answerReserve)
	defer cancel()
	return function.EachMessage(event, func(message events.SNSEntity) error { return h.record(ctx, message) })
}

func (h *Handler) record(ctx context.Context, message events.SNSEntity) error {
	r := report{start: h.Now(), messageID: message.MessageID}
	var err error
	if r.announcement, err = h.parse(message); err != nil {
		r.recording.Outcome = outcomeInvalid
		return h.log(ctx, r, failure.Of(failure.Invalid, err))
	}
	r.announcement.Caller, r.hasCaller = r.announcement.ContextText(h.Environment.CallerContext)
	// A problem with the output must not keep the status from being recorded.
	reportErr := h.readOutput(ctx, &r.announcement)
	if errors.Is(reportErr, errUnreadable) {
		r.unreadable, reportErr = reportErr, nil
	}
	return h.log(ctx, r, errors.Join(h.conclude(ctx, &r, reportErr), reportErr))
}

// parse parses a message of the input topic as a request, and any other as an announcement.
func (h *Handler) parse(message events.SNSEntity) (announcement.Announcement, error) {
	if h.Environment.InputTopic == "" || message.TopicArn != h.Environment.InputTopic {
		return announcement.FromSNS(message)
	}
	request, err := announcement.RequestFromSNS(message)
	if h.Environment.TaskRequests {
		request.Task.Request = announcement.AskedOf(request.Task.TaskType, request.Content)
	}
	return request.Task, err
}

// conclude records an announcement, and then publishes its event. If the error report could not be read, it leaves the
// event to Lambda's retry. A reconstructed announcement has no retry, and reconcile doesn't repair a run that is
// recorded. So conclude records it last, after its error report was read and its event was published.
func (h *Handler) conclude(ctx context.Context, r *report, reportErr error) (err error) {
	lost := r.announcement.Source == announcement.Reconciled
	r.recording.Outcome = outcomeError
	if lost && reportErr != nil {
		return nil // record returns reportErr
	}
	if lost {
		if r.event, err = h.publish(ctx, r.announcement); err != nil {
			return err
		}
	}
	recording, err := h.Table.Record(ctx, r.announcement)
	if err != nil {
		return err
	}
	r.recording = recording
	if !lost && reportErr == nil {
		r.event, err = h.publish(ctx, r.announcement)
	}
	return err
}

// publish publishes that a task failed, even if an earlier attempt recorded the failure: that attempt may have failed
// to publish it. It returns the event's kind, or "" if nothing is to be published.
func (h *Handler) publish(ctx context.Context, a announcement.Announcement) (taskevent.Kind, error) {
	if h.Events == nil || a.Status != announcement.Failed {
		return "", nil
	}
	return taskevent.TaskFailed, h.Events.Publish(ctx, taskevent.Failed(a))
}

// readOutput reads why a task failed, or what a completed task was asked for, if the deployment records that and the
// message doesn't say it. If reading fails, the item gets the text when Lambda retries the event.
func (h *Handler) readOutput(ctx context.Context, a *announcement.Announcement) error {
	why := !h.Environment.IgnoreErrors && a.Status == announcement.Failed && a.Error == ""
	what := h.Environment.TaskRequests && h.Environment.InputTopic == "" && a.Status == announcement.Completed
	if h.Outputs == nil || !why && !what || a.OutputURL == "" {
		return nil
	}
	output, err := h.read(ctx, a.OutputURL)
	switch {
	case err != nil:
		return err
	case why:
		a.Error = announcement.ReportedError(output)
	default:
		a.Request = announcement.AskedByOutput(output)
	}
	return nil
}
