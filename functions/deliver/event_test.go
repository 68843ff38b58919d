package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// withEvents lets the fixture's handler publish events, which [localtest.Messaging.Events] reads.
func (f *fixture) withEvents(t *testing.T) (m *localtest.Messaging, read func(want int) []taskevent.Event) {
	t.Helper()
	m = localtest.Queues(t)
	f.handler.Events, read = m.Events(t)
	return m, read
}

func TestEvent(t *testing.T) {
	there, gone := []string{"s3://source/1.png"}, []string{"s3://source/1.png", "s3://source/gone.png"}
	for name, test := range map[string]struct {
		message   map[string]any
		want      taskevent.Kind // "" for none
		delivered int
	}{
		"OK":              {map[string]any{"id": "a", "result": true, "image_url": there}, taskevent.Delivered, 1},
		"ErrMissingImage": {map[string]any{"id": "a", "result": true, "image_url": gone}, taskevent.DeliveryFailed, 1},
		"OKNoImages":      {map[string]any{"id": "a", "result": true}, taskevent.Delivered, 0},
		"NoneOfFailure":   {map[string]any{"id": "a", "result": false, "output_url": "s3://source/1.png"}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.handler.Environment.DeliverOutput = true
			put(t, f.store, "1.png")
			_, events := f.withEvents(t)
			for range 2 { // Lambda's retry, or SNS's repetition
				err := f.deliver(t.Context(), test.message)
				if failed := test.want == taskevent.DeliveryFailed; failed != (err != nil) {
					t.Fatal(err)
				}
				if test.want == "" {
					events(0)
				} else if got := events(1)[0]; got.Kind != test.want || len(got.Delivered) != test.delivered {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
}

// TestEventOfALostAnnouncement: reconcile's announcement has no context, but the table has it if record stored it.
func TestEventOfALostAnnouncement(t *testing.T) {
	f := newFixture(t)
	_, events := f.withEvents(t)
	f.handler.Environment.CallerContext = "user"
	a := announcement.Announcement{TaskID: "a", Status: announcement.Completed, Context: json.RawMessage(`{"user":7}`),
		MessageID: "m", PublishedAt: published}
	if _, err := f.handler.Table.Record(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "never recorded"} {
		if err := f.deliver(t.Context(), map[string]any{"id": id, "result": true, "source": "reconcile"}); err != nil {
			t.Fatal(err)
		}
	}
	got := events(2)
	if string(got[0].Context) != `{"user":7}` ||
		got[0].Caller != "7" || got[1].Context != nil || got[0].Source != "reconcile" {
		t.Errorf("got %+v", got)
	}
}

// TestEventAfterDelivery: a duplicate announcement that fails publishes nothing after the event of a delivery.
func TestEventAfterDelivery(t *testing.T) {
	f := newFixture(t)
	put(t, f.store, "1.png")
	_, events := f.withEvents(t)
	message := map[string]any{"id": "a", "result": true, "image_url": []string{"s3://source/1.png"}}
	if err := f.deliver(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	events(1)
	f.store.Put(t, "destination", "1.png", "the owner's own")
	if err := f.deliver(t.Context(), message); err == nil {
		t.Error("a changed object is no conflict")
	}
	events(0)
}

// TestEventOfALostAnnouncementFails: deliver records nothing if it can't publish, so reconcile finds the run again.
func TestEventOfALostAnnouncementFails(t *testing.T) {
	f := newFixture(t)
	m, events := f.withEvents(t)
	end := m.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusForbidden, "text/xml", "")})
	message := map[string]any{"id": "a", "result": true, "source": "reconcile"}
	if err := f.deliver(t.Context(), message); err == nil {
		t.Error("the invocation did not fail")
	}
	if _, err := f.handler.Table.Get(t.Context(), "a"); !errors.Is(err, tasktable.ErrNotFound) {
		t.Errorf("the delivery was recorded: %v", err)
	}
	end()
	if err := f.deliver(t.Context(), message); err != nil {
		t.Error(err)
	}
	events(1)
}

// TestEventFails: the item has the delivery, and Lambda's retry publishes.
func TestEventFails(t *testing.T) {
	f := newFixture(t)
	m, events := f.withEvents(t)
	end := m.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusForbidden, "text/xml", "")})
	message := map[string]any{"id": "a", "result": true}
	if err := f.deliver(t.Context(), message); err == nil {
		t.Error("the invocation did not fail")
	}
	if got := f.task(t, "a"); got.DeliveryStatus != tasktable.DeliveryEmpty {
		t.Errorf("got %+v", got)
	}
	end()
	if err := f.deliver(t.Context(), message); err != nil {
		t.Error(err)
	}
	events(1)
}
