package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/tasktable"
)

// recordLetters are dead letters of record's, and the compiled functions to
// redrive them with.
type recordLetters struct {
	*Handler
	queues *localtest.Messaging
	url    string
	store  *localtest.ObjectStore
	tasks  *tasktable.Table
}

func newRecordLetters(t *testing.T) recordLetters {
	t.Helper()
	table, queues := localtest.Table(t), localtest.Queues(t)
	store := localtest.Buckets(t, "source", "destination")
	in := environment.Table{TaskTable: table.Name}
	metrics := environment.Metrics{Namespace: "test"}
	run := func(folder string, settings any) lambdahost.Function {
		variables := environment.Encode(settings)
		variables["AWS_ENDPOINT_URL_DYNAMODB"], variables["AWS_ENDPOINT_URL_S3"] = table.Proxy.URL, store.Proxy.URL
		return lambdahost.Function{Bootstrap: localtest.Bootstrap(t, folder), Environment: variables}
	}
	functions := localtest.Functions(t,
		run("functions/record", environment.Record{Table: in, Metrics: metrics}),
		run("functions/deliver", environment.Deliver{
			Table: in, Metrics: metrics, OutputBucket: "source", DeliveryBucket: "destination"}))
	url := queues.Create(t, "letters")
	return recordLetters{queues: queues, url: url, store: store,
		tasks: &tasktable.Table{Client: table.Client, Name: table.Name},
		Handler: &Handler{
			SQS: queues.SQS,
			Invoker: &invocation.Invoker{
				Client: functions.Client, Functions: map[string]string{"record": "record", "deliver": "deliver"}},
			Queues: map[deadletter.Queue]string{"record": url},
			Log:    slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: time.Now,
		}}
}

// bury puts a message into the queue, as Lambda would after record failed.
func (r recordLetters) bury(t *testing.T, message string) {
	t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	r.queues.Send(t, r.url, fmt.Sprintf(
		`{"Records":[{"Sns":{"MessageId":"m","Timestamp":"2026-11-23T12:00:00.000Z","Message":%s}}]}`, text))
}

func (r recordLetters) redrive(t *testing.T) *deadletter.Counts {
	t.Helper()
	answer, err := r.Handle(t.Context(), json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	return answer.Queues["record"]
}

// TestRecordLetterIsDelivered: deliver left a message to record that neither
// understood. A release that understands it records and delivers it.
func TestRecordLetterIsDelivered(t *testing.T) {
	r := newRecordLetters(t)
	r.bury(t, `{"id": 7, "result": true, "image_url": ["s3://source/7.png"], "context": NaN}`)
	t.Run("not before its image is there", func(t *testing.T) {
		if counts := r.redrive(t); counts.Failed != 1 || counts.Errors[failure.NotDelivered] != 1 || counts.Left != 1 {
			t.Errorf("got %+v", counts)
		}
	})
	r.store.Put(t, "source", "7.png", "seven")
	if counts := r.redrive(t); counts.Redriven != 1 || counts.Left != 0 {
		t.Errorf("got %+v", counts)
	}
	task, err := r.tasks.Get(t.Context(), "7")
	if err != nil || task.Status != announcement.Completed || task.DeliveryStatus != tasktable.Delivered {
		t.Errorf("got %+v, %v", task, err)
	}
	if got := r.store.Get(t, "destination", "7.png"); got != "seven" {
		t.Errorf("delivered is %q", got)
	}
}

// TestRecordLetterStays: what is still not an announcement is left alone, and
// deliver is not asked.
func TestRecordLetterStays(t *testing.T) {
	r := newRecordLetters(t)
	r.bury(t, `{"id": 7}`)
	if counts := r.redrive(t); counts.Failed != 1 || counts.Errors[failure.Invalid] != 1 || counts.Left != 1 {
		t.Errorf("got %+v", counts)
	}
}
