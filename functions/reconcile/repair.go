package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/tasktable"
)

// repair invokes the functions that have missed a run's announcement. A function's error goes
// into the finding. The returned error is the context's, or an [*invocation.ThrottledError].
func (c *comparison) repair(ctx context.Context, v *verdict) error {
	a := v.announcement
	if v.known != tasktable.Unknown {
		a.Context = nil // it may not be JSON; deliver reads it from the table
	}
	event, err := newEvent(a)
	if err != nil {
		return err
	}
	var errs []error
	for _, function := range v.missedBy {
		err := c.invoker.Invoke(ctx, function, event)
		if errors.As(err, new(*invocation.ThrottledError)) {
			return err
		}
		errs = append(errs, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := errors.Join(errs...); err != nil {
		v.finding.Error = err.Error()
	}
	v.finding.Repaired = v.finding.Error == ""
	return nil
}

// newEvent returns the event with which SNS would have invoked a function.
func newEvent(a announcement.Announcement) ([]byte, error) {
	body, err := announcement.Marshal(a)
	if err != nil {
		return nil, err
	}
	return json.Marshal(announcement.NewEvent(events.SNSEntity{
		Type: "Notification", MessageID: a.MessageID, Timestamp: a.PublishedAt, Message: string(body),
	}, ""))
}
