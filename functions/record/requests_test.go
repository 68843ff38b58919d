package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/failure"
)

const inputTopic = "arn:aws:sns:us-east-1:000000000000:input"

// requested is the event of a message on the input topic.
func requested(message string) events.SNSEvent {
	e := event(message)
	e.Records[0].SNS.TopicArn = inputTopic
	return e
}

// TestRequests: a request takes one write. Any other message is an error. The log never has a request's content.
func TestRequests(t *testing.T) {
	for name, test := range map[string]struct{ message, outcome, problem string }{
		"OK":            {`{"metadata":{"id":"a","runtime":"sdruntime"},"content":{"prompt":"a secret"}}`, "recorded", ""},
		"OKNoContent":   {`{"metadata":{"id":"a"}}`, "recorded", ""},
		"ErrNoMetadata": {`{"content":{"prompt":"a secret"}}`, "invalid", "invalid request: metadata is missing"},
		"ErrText":       {`"a secret"`, "invalid", "invalid request: message is not a JSON object"},
		"ErrNoRequest":  {`{"id":"a","result":true,"context":"a secret"}`, "invalid", "metadata is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.Handler.Environment.InputTopic, f.Handler.Table.Requests = inputTopic, true
			err := f.Handle(t.Context(), requested(test.message))
			if test.problem == "" && (err != nil || f.task(t, "a").Status != announcement.Queued) ||
				test.problem != "" && (failure.KindOf(err) != failure.Invalid || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("error is %v", err)
			}
			if line := f.lines(t)[0]; line["outcome"] != test.outcome {
				t.Errorf("the log says %v", line)
			}
			if strings.Contains(f.log.String(), "secret") {
				t.Errorf("the log has the prompt: %s", f.log)
			}
			if writes := len(f.table.Proxy.Requests(nil)); test.problem == "" && writes != 2 { // the other is task's
				t.Errorf("%d requests", writes)
			}
		})
	}
	t.Run("OKWaited", func(t *testing.T) {
		f := newFixture(t)
		f.Handler.Environment.InputTopic, f.Handler.Table.Requests = inputTopic, true
		start := event(`{"id":"a","status":"running","runtime":"sdruntime"}`)
		start.Records[0].SNS.Timestamp = noon.Add(time.Second)
		for _, e := range []events.SNSEvent{requested(`{"metadata":{"id":"a"},"content":{}}`), start} {
			if err := f.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if line := f.lines(t)[1]; line["Waited"] != 1000.0 || line["Runtime"] != "sdruntime" {
			t.Errorf("the log says %v", line)
		}
	})
	t.Run("ErrNotFollowed", func(t *testing.T) {
		f := newFixture(t)
		err := f.Handle(t.Context(), requested(`{"metadata":{"id":"a"},"content":{}}`))
		if failure.KindOf(err) != failure.Invalid {
			t.Errorf("error is %v", err)
		}
	})
}
