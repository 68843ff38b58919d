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
	t.Run("MayComeBeforeTheRecord", func(t *testing.T) {
		d := newDelivery(t)
		if !d.deliver(d.first, tasktable.Delivered) || d.record(t, d.first).Outcome != tasktable.Recorded {
			t.Error("one of the two was refused")
		}
		d.wantStatus(tasktable.Delivered)
	})
	t.Run("OfAnOlderAnnouncementIsRefused", func(t *testing.T) {
		d := newDelivery(t)
		d.record(t, d.second)
		if d.deliver(d.first, tasktable.Delivered) {
			t.Error("it was taken")
		}
		d.wantStatus("")
	})
	t.Run("OfANewerAnnouncementSurvivesAnOlderRecord", func(t *testing.T) {
		d := newDelivery(t)
		d.deliver(d.second, tasktable.Delivered)
		d.record(t, d.first)
		d.record(t, d.second)
		d.wantStatus(tasktable.Delivered)
	})
	t.Run("DoesNotLingerBesideANewerRecord", func(t *testing.T) {
		d := newDelivery(t)
		d.record(t, d.first)
		d.deliver(d.first, tasktable.Delivered)
		d.record(t, d.second)
		d.wantStatus("")
	})
	t.Run("SurvivesTheRecordOfItsAnnouncementAndIsCompleted", func(t *testing.T) {
		d := newDelivery(t)
		d.deliver(d.first, tasktable.DeliveryFailed)
		d.record(t, d.first)
		d.wantStatus(tasktable.DeliveryFailed)
		d.deliver(d.first, tasktable.Delivered)
		d.wantStatus(tasktable.Delivered)
		if got := d.record(t, d.first); got.Outcome != tasktable.Duplicate {
			t.Errorf("the record's duplicate is %s", got.Outcome)
		}
	})
	t.Run("StaysOnceComplete", func(t *testing.T) {
		d := newDelivery(t)
		d.deliver(d.first, tasktable.DeliveryFailed)
		d.deliver(d.first, tasktable.Delivered)
		if d.deliver(d.first, tasktable.DeliveryFailed) {
			t.Error("it was replaced")
		}
		d.wantStatus(tasktable.Delivered)
	})
}

// TestRecordDeliveryDespiteValidation: if DynamoDB refuses the list of URIs,
// the delivery is recorded without it.
func TestRecordDeliveryDespiteValidation(t *testing.T) {
	d := newDelivery(t)
	d.record(t, d.first)
	d.requests.Reset()
	defer d.requests.Reset()
	d.requests.Inject(refusal(1))
	taken, err := d.RecordDelivery(t.Context(), d.first, tasktable.Delivery{
		Status: tasktable.DeliveryFailed, URIs: []string{"s3://d/1", "s3://d/2"}, Error: "s3://b/3 is missing"})
	if err != nil || !taken {
		t.Fatalf("taken: %t, error: %v", taken, err)
	}
	got := d.task()
	if got.DeliveryStatus != tasktable.DeliveryFailed || got.DeliveryError != "s3://b/3 is missing" {
		t.Errorf("got %s: %q", got.DeliveryStatus, got.DeliveryError)
	}
	if len(got.Delivered) > 0 || got.DeliveredOmitted != 2 {
		t.Errorf("delivered are %q and %d more", got.Delivered, got.DeliveredOmitted)
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
