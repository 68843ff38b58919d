package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/invocation"
)

// repair hands a run's announcement to the functions that have missed it. What a
// function says of it is the finding's; the error is the context's, or a
// [*invocation.ThrottledError].
func (w *worker) repair(ctx context.Context, v *verdict) error {
	event, err := newEvent(v.announcement)
	if err != nil {
		return err
	}
	var errs []error
	for _, function := range []struct {
		name   string
		missed bool
	}{{"record", v.record}, {"deliver", v.deliver}} {
		if !function.missed {
			continue
		}
		if err := w.wait(ctx); err != nil {
			return err
		}
		err := w.invoker.Invoke(ctx, function.name, event)
		if errors.As(err, new(*invocation.ThrottledError)) {
			return err
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := errors.Join(errs...); err != nil {
		v.finding.Error = err.Error()
	}
	v.finding.Repaired = len(errs) == 0
	return nil
}

// wait keeps to the request's rate.
func (w *worker) wait(ctx context.Context) error {
	select {
	case <-w.pace.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newEvent is the event that SNS would have invoked a function with.
func newEvent(a announcement.Announcement) ([]byte, error) {
	body, err := announcement.Marshal(a)
	if err != nil {
		return nil, err
	}
	return json.Marshal(announcement.NewEvent(events.SNSEntity{
		Type: "Notification", MessageID: a.MessageID, Timestamp: a.PublishedAt, Message: string(body),
	}, ""))
}
