package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// message is what a function reads of an announcement, as the publisher would
// have written it (process_message in its main.py) but for the source.
type message struct {
	ID        string   `json:"id"`
	Runtime   string   `json:"runtime,omitempty"`
	Result    bool     `json:"result"`
	Status    string   `json:"status"`
	ImageURLs []string `json:"image_url"`
	OutputURL string   `json:"output_url"`
	Source    string   `json:"source"`
}

// newEvent is the event that SNS would have invoked a function with.
func newEvent(a announcement.Announcement) ([]byte, error) {
	body, err := json.Marshal(message{
		ID: a.TaskID, Runtime: a.Runtime, Result: a.Status == announcement.Completed, Status: string(a.Status),
		ImageURLs: append([]string{}, a.ImageURLs...), OutputURL: a.OutputURL, Source: a.Source,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the announcement of task %q: %w", a.TaskID, err)
	}
	return json.Marshal(events.SNSEvent{Records: []events.SNSEventRecord{{
		EventVersion: "1.0", EventSource: "aws:sns",
		SNS: events.SNSEntity{
			Type: "Notification", MessageID: a.MessageID, Timestamp: a.PublishedAt, Message: string(body),
			MessageAttributes: map[string]any{},
		},
	}}})
}
