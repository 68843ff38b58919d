package tasktable

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sdtasktracker/shared/announcement"
)

// DeliveryStatus is the progress of delivering a task's images.
type DeliveryStatus string

const (
	// Delivering: some images are missing, and a retry will try again.
	Delivering DeliveryStatus = "delivering"
	// Delivered: every image is in the delivery bucket.
	Delivered DeliveryStatus = "delivered"
	// DeliveryFailed: some images are missing for a reason that a retry
	// can't change; delivery_error gives it.
	DeliveryFailed DeliveryStatus = "failed"
)

// Delivery is what became of an announcement's images.
type Delivery struct {
	Status DeliveryStatus
	// URIs are the objects delivered so far, as s3://BUCKET/KEY, in the
	// order of the announcement's images.
	URIs []string
	// At is when the last object was delivered. It is stored only if Status
	// is Delivered.
	At time.Time
	// Error tells a person what is missing and why; "" if nothing is.
	Error string
}

// RecordDelivery stores a delivery in its task's item with one conditional
// UpdateItem. An older announcement's delivery neither replaces a newer one's
// nor joins the record of a newer announcement, and a complete delivery stays
// complete. Record and RecordDelivery may come in either order.
//
// If DynamoDB refuses the delivery with a ValidationException, the status is
// stored without the list of URIs.
//
// RecordDelivery reports whether the item took the delivery. Errors come from
// DynamoDB and are worth a retry.
func (t *Table) RecordDelivery(ctx context.Context, a announcement.Announcement, d Delivery) (bool, error) {
	_, ok, err := t.apply(ctx, a.TaskID, t.deliveryUpdate(a, d))
	if isValidation(err) && len(d.URIs) > 0 {
		// The item has no room for the list, and the status matters more. The
		// error says so, unless it already gives a worse reason.
		d.Error = cmp.Or(d.Error, fmt.Sprintf(
			"none: all %d objects were delivered, but the item has no room for the list of them", len(d.URIs)))
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
	u.set(attrDeliveryStatus, text(string(d.Status)))
	u.set(attrDelivered, texts(d.URIs))
	u.set(attrDeliveryVersion, text(a.Version()))
	if d.Status == Delivered {
		u.set(attrDeliveredAt, text(announcement.FormatTime(d.At)))
	}
	if d.Error != "" {
		u.set(attrDeliveryError, text(d.Error))
	}
	if expires, ok := t.expiry(a.PublishedAt); ok {
		u.set(attrExpiresAt, expires)
	}
	u.removeOthers(deliveryAttributes...)
	u.value("complete", text(string(Delivered)))
	u.onlyIf("(attribute_not_exists(#version) OR #version <= :delivery_version)"+
		" AND (attribute_not_exists(#delivery_version) OR #delivery_version < :delivery_version"+
		" OR (#delivery_version = :delivery_version AND #delivery_status <> :complete))", attrVersion)
	return u
}
