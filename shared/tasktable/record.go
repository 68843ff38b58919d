package tasktable

import (
	"context"
	"fmt"

	"sdtasktracker/shared/announcement"
)

// Outcome says what recording an announcement changed.
type Outcome string

const (
	// Recorded: the item now shows this announcement.
	Recorded Outcome = "recorded"
	// Duplicate: the item showed this very message already; nothing changed.
	Duplicate Outcome = "duplicate"
	// Stale: the item shows a newer announcement; nothing changed.
	Stale Outcome = "stale"
	// StartRecorded: the item shows a newer announcement and keeps it, and
	// took started_at and duration_ms from this late "running".
	StartRecorded Outcome = "start_recorded"
)

// mirrored are the attributes that belong to one announcement: those that a
// newer one does not set it removes, so that nothing of an earlier run lingers.
var mirrored = []string{
	"result", "runtime", "image_url", "image_count", "output_url",
	"context", "context_json", "context_omitted", "extra", "extra_json", "extra_omitted",
	"finished_at", "finished_ms", "duration_ms", "expires_at",
}

// delivery are the attributes RecordDelivery writes.
var delivery = []string{"delivery_status", "delivered", "delivered_at", "delivery_error", "delivery_version"}

// Record stores an announcement in its task's item. The common path is one
// conditional UpdateItem and no read; a "running" that arrives after its
// task's end, and an announcement whose delivery was recorded first, take a
// second.
//
// An error is DynamoDB's, and worth a retry.
func (t *Table) Record(ctx context.Context, a announcement.Announcement) (Outcome, error) {
	outcome, err := t.record(ctx, a)
	if err != nil {
		return "", fmt.Errorf("record task %q in table %s: %w", a.TaskID, t.Name, err)
	}
	return outcome, nil
}

func (t *Table) record(ctx context.Context, a announcement.Announcement) (Outcome, error) {
	stored, ok, err := t.apply(ctx, a.TaskID, t.recordUpdate(a, undelivered))
	if ok || err != nil {
		return Recorded, err
	}
	if stored == nil || stringOf(stored, "version") < a.Version() {
		// What failed is that this, or a newer, announcement's delivery is
		// there already: it has to stay.
		stored, ok, err = t.apply(ctx, a.TaskID, t.recordUpdate(a, alreadyDelivered))
		if ok || err != nil {
			return Recorded, err
		}
	}
	switch {
	case stringOf(stored, "message_id") == a.MessageID:
		return Duplicate, nil
	case a.Status != announcement.Running:
		return Stale, nil
	}
	_, ok, err = t.apply(ctx, a.TaskID, startUpdate(a))
	if ok {
		return StartRecorded, nil
	}
	return Stale, err
}

// deliverySeen tells recordUpdate which of two conditions to make: the
// delivery attributes can't be removed or kept within one.
type deliverySeen bool

const (
	undelivered      deliverySeen = false
	alreadyDelivered deliverySeen = true
)

// recordUpdate makes the item show the announcement, if it is the newest.
func (t *Table) recordUpdate(a announcement.Announcement, seen deliverySeen) update {
	u := newUpdate()
	u.set("status", text(string(a.Status)))
	u.set("updated_at", text(announcement.FormatTime(a.PublishedAt)))
	u.set("message_id", text(a.MessageID))
	u.set("version", text(a.Version()))
	if expires, ok := t.expiry(a.PublishedAt); ok {
		u.set("expires_at", expires)
	}
	setMessage(&u, a)
	setTimes(&u, a)
	u.removeOthers(mirrored...)

	newest := "(attribute_not_exists(#version) OR #version < :version)"
	if seen == alreadyDelivered {
		u.onlyIf(newest+" AND #delivery_version >= :version", "delivery_version")
	} else {
		u.onlyIf(newest+" AND (attribute_not_exists(#delivery_version) OR #delivery_version < :version)", "delivery_version")
		u.removeOthers(delivery...)
	}
	return u
}

// setMessage mirrors the message's own fields.
func setMessage(u *update, a announcement.Announcement) {
	if a.Runtime != "" {
		u.set("runtime", text(a.Runtime))
	}
	if a.OutputURL != "" {
		u.set("output_url", text(a.OutputURL))
	}
	if a.Status.Terminal() {
		u.set("result", boolean(a.Status == announcement.Completed))
		u.set("image_url", texts(a.ImageURLs))
		u.set("image_count", number(int64(len(a.ImageURLs))))
	}
	if a.Context != nil {
		u.set("context_json", text(string(a.Context)))
	}
}

// setTimes keeps started_at the newest "running" of all, and finished_at the
// announcement's own time. DynamoDB has no conditional arithmetic: where no
// start is known, duration_ms is 0 rather than a second write a task.
func setTimes(u *update, a announcement.Announcement) {
	at, ms := text(announcement.FormatTime(a.PublishedAt)), number(a.PublishedAt.UnixMilli())
	if a.Status == announcement.Running {
		u.set("started_at", at)
		u.set("started_ms", ms)
		return
	}
	u.set("finished_at", at)
	u.set("finished_ms", ms)
	u.setTo("duration_ms", ":finished_ms - if_not_exists(#started_ms, :finished_ms)")
	u.name("started_ms")
}

// startUpdate takes the start of a run from a "running" that arrives after the
// run's end.
func startUpdate(a announcement.Announcement) update {
	u := newUpdate()
	u.set("started_at", text(announcement.FormatTime(a.PublishedAt)))
	u.set("started_ms", number(a.PublishedAt.UnixMilli()))
	u.setTo("duration_ms", "#finished_ms - :started_ms")
	u.values[":version"] = text(a.Version())
	u.onlyIf("#version > :version AND attribute_exists(#finished_ms)"+
		" AND (attribute_not_exists(#started_at) OR #started_at < :started_at)", "version", "finished_ms")
	return u
}
