package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// withEvents lets the fixture's handler publish events, which [localtest.Messaging.Events] reads.
func (f fixture) withEvents(t *testing.T) (m *localtest.Messaging, read func(want int) []taskevent.Event) {
	t.Helper()
	m = localtest.Queues(t)
	f.Handler.Events, read = m.Events(t)
	return m, read
}

func TestEvent(t *testing.T) {
	const failed = `{"id":"a","result":false}`
	for name, test := range map[string]struct {
		earlier, message string
		age              time.Duration // since when the message was published
		want             int
	}{
		"OKFailure":          {"", failed, 0, 1},
		"OKRepeatedFailure":  {failed, failed, 0, 1},
		"OKEarlierFailure":   {`{"id":"a","result":true}`, failed, time.Hour, 1},
		"NoneOfCompletion":   {"", `{"id":"a","result":true}`, 0, 0},
		"NoneOfStart":        {"", `{"id":"a","status":"running"}`, 0, 0},
		"OKReasonUnreadable": {"", `{"id":"a","result":false,"output_url":"s3://output/a/a-9.out"}`, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.withReports(t)
			_, published := f.withEvents(t)
			if test.earlier != "" {
				if err := f.Handle(t.Context(), event(test.earlier)); err != nil {
					t.Fatal(err)
				}
				published(strings.Count(test.earlier, `"result":false`))
			}
			e := event(test.message)
			e.Records[0].SNS.Timestamp = noon.Add(-test.age)
			if err := f.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if got := published(test.want); test.want > 0 && got[0].Kind != taskevent.TaskFailed {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestEventWaitsForTheReason: while S3 fails, record publishes nothing. The retry publishes the event with the reason.
func TestEventWaitsForTheReason(t *testing.T) {
	f := newFixture(t)
	store := f.withReports(t)
	_, published := f.withEvents(t)
	message := event(`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out"}`)
	end := store.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusServiceUnavailable, "text/xml", "")})
	if err := f.Handle(t.Context(), message); err == nil {
		t.Error("the invocation did not fail")
	}
	published(0)
	end()
	if err := f.Handle(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if got := published(1); got[0].Error != "HTTPError('500')" {
		t.Errorf("got %+v", got)
	}
}

// TestEventOfALostAnnouncementWaitsForTheReason: record stores nothing before, or reconcile would not try again.
func TestEventOfALostAnnouncementWaitsForTheReason(t *testing.T) {
	f := newFixture(t)
	store := f.withReports(t)
	_, published := f.withEvents(t)
	end := store.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusServiceUnavailable, "text/xml", "")})
	lost := event(`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out","source":"reconcile"}`)
	if err := f.Handle(t.Context(), lost); err == nil {
		t.Error("the invocation did not fail")
	}
	published(0)
	if _, err := f.Table.Get(t.Context(), "a"); !errors.Is(err, tasktable.ErrNotFound) {
		t.Errorf("the failure was recorded: %v", err)
	}
	end()
	if err := f.Handle(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	if got := published(1); got[0].Error != "HTTPError('500')" || f.task(t, "a").Error != got[0].Error {
		t.Errorf("got %+v", got)
	}
}

// TestEventOfALostAnnouncementFails: record stores nothing if it can't publish, so reconcile finds the run again.
func TestEventOfALostAnnouncementFails(t *testing.T) {
	f := newFixture(t)
	m, published := f.withEvents(t)
	end := m.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusForbidden, "text/xml", "")})
	lost := event(`{"id":"a","result":false,"source":"reconcile"}`)
	if err := f.Handle(t.Context(), lost); err == nil {
		t.Error("the invocation did not fail")
	}
	if _, err := f.Table.Get(t.Context(), "a"); !errors.Is(err, tasktable.ErrNotFound) {
		t.Errorf("the failure was recorded: %v", err)
	}
	end()
	if err := f.Handle(t.Context(), lost); err != nil {
		t.Error(err)
	}
	published(1)
}

// TestEventFails: the item has the status, and Lambda's retry publishes.
func TestEventFails(t *testing.T) {
	f := newFixture(t)
	m, published := f.withEvents(t)
	end := m.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusForbidden, "text/xml",
		"<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>")})
	err := f.Handle(t.Context(), event(`{"id":"a","result":false}`))
	if err == nil || !strings.Contains(err.Error(), `publish the event task_failed of task "a" to arn:aws:sns:`) {
		t.Errorf("error is %v", err)
	}
	if line := f.lines(t)[0]; line["outcome"] != "recorded" || line["event"] != "task_failed" || line["level"] != "ERROR" {
		t.Errorf("the log says %v", line)
	}
	end()
	if err := f.Handle(t.Context(), event(`{"id":"a","result":false}`)); err != nil {
		t.Error(err)
	}
	published(1)
}
