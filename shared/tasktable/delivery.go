package tasktable

import (
	"context"
	"fmt"
	"time"

	"sdtasktracker/shared/announcement"
)

// DeliveryStatus is the outcome of delivering a task's images.
type DeliveryStatus string

const (
	// Delivered: every image is in the delivery bucket.
	Delivered DeliveryStatus = "delivered"
	// DeliveryEmpty: the task completed without images, so deliver copied nothing.
	// The guidance announces failed ComfyUI tasks in this way.
	DeliveryEmpty DeliveryStatus = "empty"
	// DeliveryFailed: the last attempt did not deliver all images; delivery_error
	// has the reason. A later attempt may replace it with Delivered.
	DeliveryFailed DeliveryStatus = "failed"
)

// Complete reports whether nothing is left to deliver.
func (s DeliveryStatus) Complete() bool { return s == Delivered || s == DeliveryEmpty }

// Delivery is the outcome of delivering an announcement's images.
type Delivery struct {
	Status DeliveryStatus
	// URIs are the delivered objects, as s3://BUCKET/KEY, in the order of the
	// announcement's images.
	URIs []string
	// Empty are the URIs of delivered objects without bytes.
	Empty []string
	// At is when the last object was delivered. It is stored only if Status
	// is complete.
	At time.Time
	// Error tells a person what is missing and why; "" if nothing is missing.
	Error string
}

// RecordDelivery stores a delivery in its task's item with one conditional
// UpdateItem. If the item shows a newer announcement or delivery, RecordDelivery
// changes nothing. A complete delivery stays complete. Record and RecordDelivery
// may run in either order.
//
// delivered has room for about 1,000 URIs; delivered_omitted counts the others.
// empty_objects has an eighth of that room. If DynamoDB still refuses the item as
// too large, RecordDelivery tries once more without the lists.
//
// RecordDelivery reports whether it stored the delivery. Errors come from DynamoDB;
// the caller should retry.
func (t *Table) RecordDelivery(ctx context.Context, a announcement.Announcement, d Delivery) (bool, error) {
	_, ok, err := t.apply(ctx, a.TaskID, t.deliveryUpdate(a, d, deliveryBytes))
	if isTooLarge(err) {
		_, ok, err = t.apply(ctx, a.TaskID, t.deliveryUpdate(a, d, 0))
	}
	if err != nil {
		return false, fmt.Errorf("record delivery of task %q in table %s: %w", a.TaskID, t.Name, err)
	}
	return ok, nil
}

// deliveryUpdate returns an update that stores the delivery. It cuts the lists off to
// fit into room, in bytes.
func (t *Table) deliveryUpdate(a announcement.Announcement, d Delivery, room int) update {
	u := newUpdate()
	u.set(attrDeliveryStatus, text(string(d.Status)))
	u.set(attrDeliveryVersion, text(a.Version()))
	if d.Status.Complete() {
		u.set(attrDeliveredAt, text(announcement.FormatTime(d.At)))
	}
	u.setText(attrDeliveryError, d.Error)
	if len(d.Empty) > 0 {
		setList(&u, attrEmptyObjects, attrEmptyOmitted, d.Empty, room/8)
	}
	setList(&u, attrDelivered, attrDeliveredOmitted, d.URIs, room-u.bytes())
	u.removeOthers(deliveryAttributes...)
	t.setExpiry(&u, a)
	u.values[":failed"] = text(string(DeliveryFailed))
	u.condition = deliveryCondition
	return u
}

// deliveryCondition accepts a delivery unless the item shows a newer announcement, or has
// a newer delivery, or a complete delivery of the same announcement.
const deliveryCondition = "" +
	"(attribute_not_exists(#internal_version) OR #internal_version <= :internal_delivery_version)" +
	" AND (attribute_not_exists(#internal_delivery_version)" +
	" OR #internal_delivery_version < :internal_delivery_version" +
	" OR (#internal_delivery_version = :internal_delivery_version AND #delivery_status = :failed))"
