package tasktable_test

import (
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// delivery records steps of one task: two announcements, a second apart, and
// their deliveries.
type delivery struct {
	fixture
	t             *testing.T
	id            string
	first, second announcement.Announcement
}

func newDelivery(t *testing.T) delivery {
	id := newID()
	message := `{"id":"` + id + `","result":true,"image_url":["s3://b/k"]}`
	return delivery{newFixture(t), t, id, announce(t, "m1", 0, message), announce(t, "m2", time.Second, message)}
}

// deliver records a delivery with one request, and reports whether it was
// taken.
func (d delivery) deliver(a announcement.Announcement, status tasktable.DeliveryStatus) bool {
	d.t.Helper()
	d.requests.Reset()
	taken, err := d.RecordDelivery(d.t.Context(), a, tasktable.Delivery{
		Status: status, URIs: []string{"s3://d/k"}, At: noon, Error: "a reason"})
	if err != nil {
		d.t.Fatal(err)
	}
	if got := len(d.requests.Requests(nil)); got != 1 {
		d.t.Errorf("%d requests, want 1", got)
	}
	return taken
}

func (d delivery) task() tasktable.Task {
	d.t.Helper()
	task, err := d.Get(d.t.Context(), d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	return task
}

func (d delivery) wantStatus(want tasktable.DeliveryStatus) {
	d.t.Helper()
	if got := d.task().DeliveryStatus; got != want {
		d.t.Errorf("delivery_status is %q, want %q", got, want)
	}
}

func TestRecordDelivery(t *testing.T) {
	t.Run("may come before the record", func(t *testing.T) {
		d := newDelivery(t)
		if !d.deliver(d.first, tasktable.Delivered) || d.record(t, d.first).Outcome != tasktable.Recorded {
			t.Error("one of the two was refused")
		}
		d.wantStatus(tasktable.Delivered)
	})
	t.Run("of an older announcement is refused", func(t *testing.T) {
		d := newDelivery(t)
		d.record(t, d.second)
		if d.deliver(d.first, tasktable.Delivered) {
			t.Error("it was taken")
		}
		d.wantStatus("")
	})
	t.Run("of a newer announcement survives an older record", func(t *testing.T) {
		d := newDelivery(t)
		d.deliver(d.second, tasktable.Delivered)
		d.record(t, d.first)
		d.record(t, d.second)
		d.wantStatus(tasktable.Delivered)
	})
	t.Run("does not linger beside a newer record", func(t *testing.T) {
		d := newDelivery(t)
		d.record(t, d.first)
		d.deliver(d.first, tasktable.Delivered)
		d.record(t, d.second)
		d.wantStatus("")
	})
	t.Run("stays once complete", func(t *testing.T) {
		d := newDelivery(t)
		d.deliver(d.first, tasktable.Delivering)
		d.deliver(d.first, tasktable.Delivered)
		if d.deliver(d.first, tasktable.Delivering) {
			t.Error("it was replaced")
		}
		d.wantStatus(tasktable.Delivered)
	})
}

// TestRecordDeliveryWithoutRoom: if DynamoDB refuses the list of URIs, the
// status is recorded without it, and the error says so.
func TestRecordDeliveryWithoutRoom(t *testing.T) {
	uris := []string{"s3://d/1", "s3://d/2"}
	for name, test := range map[string]struct {
		delivery tasktable.Delivery
		want     string
	}{
		"a complete delivery says why its list is missing": {
			tasktable.Delivery{Status: tasktable.Delivered, URIs: uris, At: noon},
			"none: all 2 objects were delivered, but the item has no room for the list of them",
		},
		"an incomplete delivery keeps its own reason": {
			tasktable.Delivery{Status: tasktable.DeliveryFailed, URIs: uris[:1], Error: "s3://b/2 is missing"},
			"s3://b/2 is missing",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDelivery(t)
			d.record(t, d.first)
			d.requests.Reset()
			defer d.requests.Reset()
			d.requests.Inject(refusal(1))
			if taken, err := d.RecordDelivery(t.Context(), d.first, test.delivery); err != nil || !taken {
				t.Fatalf("taken: %t, error: %v", taken, err)
			}
			got := d.task()
			if got.DeliveryStatus != test.delivery.Status || len(got.Delivered) > 0 || got.DeliveryError != test.want {
				t.Errorf("got %s, %q, %q", got.DeliveryStatus, got.Delivered, got.DeliveryError)
			}
		})
	}
}

func TestErrDeliveryRefusedTwice(t *testing.T) {
	d := newDelivery(t)
	d.requests.Reset()
	defer d.requests.Reset()
	d.requests.Inject(refusal(2))
	taken, err := d.RecordDelivery(t.Context(), d.first, tasktable.Delivery{URIs: []string{"s3://d/k"}})
	if err == nil || taken || !strings.Contains(err.Error(), "ValidationException") {
		t.Errorf("taken: %t, error: %v", taken, err)
	}
}
