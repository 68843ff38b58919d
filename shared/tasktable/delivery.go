package tasktable

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sdtasktracker/shared/announcement"
)

// DeliveryStatus says how far the delivery of a task's images is.
type DeliveryStatus string

const (
	// Delivering: some images are missing, and a retry will try again.
	Delivering DeliveryStatus = "delivering"
	// Delivered: every image is in the delivery bucket.
	Delivered DeliveryStatus = "delivered"
	// DeliveryFailed: some images are missing for a reason that a retry
	// can't change; delivery_error tells it.
	DeliveryFailed DeliveryStatus = "failed"
)

// Delivery is what became of an announcement's images.
type Delivery struct {
	Status DeliveryStatus
	// URIs are the objects delivered so far, as s3://BUCKET/KEY, in the
	// order of the announcement's images.
	URIs []string
	// At is when the delivery was complete; it counts for Delivered only.
	At time.Time
	// Error says for a person what is missing and why; "" if nothing is.
	Error string
}

// RecordDelivery stores a delivery in its task's item, by one conditional
// UpdateItem: an older announcement's delivery never replaces a newer one's,
// nor joins the record of a newer announcement, and what is delivered stays
// delivered. It does not matter whether Record or RecordDelivery comes first.
//
// It reports whether the item took the delivery. An error is DynamoDB's, and
// worth a retry.
func (t *Table) RecordDelivery(ctx context.Context, a announcement.Announcement, d Delivery) (bool, error) {
	_, ok, err := t.apply(ctx, a.TaskID, t.deliveryUpdate(a, d))
	if isValidation(err) && len(d.URIs) > 0 {
		// The item has no room for the list: the status matters more. It says
		// so instead, unless there is a worse reason already.
		d.Error = cmp.Or(d.Error, fmt.Sprintf("none: all %d objects are there, but the item has no room for their list", len(d.URIs)))
		d.URIs = nil
		_, ok, err = t.apply(ctx, a.TaskID, t.deliveryUpdate(a, d))
	}
	if err != nil {
		return false, fmt.Errorf("record delivery of task %q in table %s: %w", a.TaskID, t.Name, err)
	}
	return ok, nil
}

func (t *Table) deliveryUpdate(a announcement.Announcement, d Delivery) update {
	u := newUpdate()
	u.set("delivery_status", text(string(d.Status)))
	u.set("delivered", texts(d.URIs))
	u.set("delivery_version", text(a.Version()))
	if d.Status == Delivered {
		u.set("delivered_at", text(announcement.FormatTime(d.At)))
	}
	if d.Error != "" {
		u.set("delivery_error", text(d.Error))
	}
	if expires, ok := t.expiry(a.PublishedAt); ok {
		u.set("expires_at", expires)
	}
	u.removeOthers(delivery...)
	u.values[":done"] = text(string(Delivered))
	u.onlyIf("(attribute_not_exists(#version) OR #version <= :delivery_version)"+
		" AND (attribute_not_exists(#delivery_version) OR #delivery_version < :delivery_version"+
		" OR (#delivery_version = :delivery_version AND #delivery_status <> :done))", "version")
	return u
}
