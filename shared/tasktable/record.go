package tasktable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

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

// Recording is what Record did.
type Recording struct {
	Outcome Outcome
	// Omitted names the fields, context or extra, that had to be left out of
	// the item because it would have exceeded 400 KB.
	Omitted []string
}

// Record stores an announcement in its task's item. The common path is one
// conditional UpdateItem and no read; a "running" that arrives after its
// task's end, and an announcement whose delivery was recorded first, take a
// second.
//
// An error is DynamoDB's, and worth a retry.
func (t *Table) Record(ctx context.Context, a announcement.Announcement) (Recording, error) {
	var recording Recording
	var err error
	// This package knows DynamoDB's limits; should DynamoDB know better, the
	// caller's context must not cost the task its status.
	for form := native; form <= omitted; form++ {
		recording, err = t.record(ctx, a, form)
		if !isValidation(err) {
			break
		}
	}
	if err != nil {
		return Recording{}, fmt.Errorf("record task %q in table %s: %w", a.TaskID, t.Name, err)
	}
	return recording, nil
}

func isValidation(err error) bool {
	var apiError smithy.APIError
	return errors.As(err, &apiError) && apiError.ErrorCode() == "ValidationException"
}

func (t *Table) record(ctx context.Context, a announcement.Announcement, best form) (Recording, error) {
	u, left := t.recordUpdate(a, undelivered, best)
	recording := Recording{Outcome: Recorded, Omitted: left}
	stored, ok, err := t.apply(ctx, a.TaskID, u)
	if ok || err != nil {
		return recording, err
	}
	if stored == nil || stringOf(stored, "version") < a.Version() {
		// What failed is that this, or a newer, announcement's delivery is
		// there already: it has to stay.
		u, _ = t.recordUpdate(a, alreadyDelivered, best)
		stored, ok, err = t.apply(ctx, a.TaskID, u)
		if ok || err != nil {
			return recording, err
		}
	}
	switch {
	case stringOf(stored, "message_id") == a.MessageID:
		return Recording{Outcome: Duplicate}, nil
	case a.Status != announcement.Running:
		return Recording{Outcome: Stale}, nil
	}
	_, ok, err = t.apply(ctx, a.TaskID, startUpdate(a))
	if ok {
		return Recording{Outcome: StartRecorded}, nil
	}
	return Recording{Outcome: Stale}, err
}

// deliverySeen tells recordUpdate which of two conditions to make: the
// delivery attributes can't be removed or kept within one.
type deliverySeen bool

const (
	undelivered      deliverySeen = false
	alreadyDelivered deliverySeen = true
)

// recordUpdate makes the item show the announcement, if it is the newest. It
// names the fields that there is no room for.
func (t *Table) recordUpdate(a announcement.Announcement, seen deliverySeen, best form) (u update, left []string) {
	u = newUpdate()
	u.set("status", text(string(a.Status)))
	u.set("updated_at", text(announcement.FormatTime(a.PublishedAt)))
	u.set("message_id", text(a.MessageID))
	u.set("version", text(a.Version()))
	if expires, ok := t.expiry(a.PublishedAt); ok {
		u.set("expires_at", expires)
	}
	setMessage(&u, a)
	setTimes(&u, a)
	left = setDocuments(&u, a, best)
	u.removeOthers(mirrored...)

	newest := "(attribute_not_exists(#version) OR #version < :version)"
	if seen == alreadyDelivered {
		u.onlyIf(newest+" AND #delivery_version >= :version", "delivery_version")
	} else {
		u.onlyIf(newest+" AND (attribute_not_exists(#delivery_version) OR #delivery_version < :version)", "delivery_version")
		u.removeOthers(delivery...)
	}
	return u, left
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
}

// form is how a document of the caller's is stored, the best first.
type form int

const (
	native  form = iota // as a DynamoDB value, to be used in expressions
	textual             // as JSON text
	omitted             // not at all
)

// setDocuments stores the caller's context, and the fields that are not known
// here, each in the best form that DynamoDB can hold and the item has room for.
func setDocuments(u *update, a announcement.Announcement, best form) (left []string) {
	room := maxItemBytes - u.bytes() - deliveryBytes(a)
	documents := map[string]json.RawMessage{"context": a.Context}
	if len(a.Extra) > 0 {
		documents["extra"], _ = json.Marshal(a.Extra) // raw JSON always encodes
	}
	for _, name := range []string{"context", "extra"} {
		if documents[name] == nil {
			continue
		}
		attribute, value := store(name, documents[name], best, room)
		if attribute == name+"_omitted" {
			left = append(left, name)
		}
		u.set(attribute, value)
		room -= len(attribute) + size(value)
	}
	return left
}

// store chooses a document's form: that is the attribute, and its value.
func store(name string, document json.RawMessage, best form, room int) (string, types.AttributeValue) {
	if best == native {
		if value, err := fromJSON(document); err == nil && len(name)+size(value) <= room {
			return name, value
		}
	}
	if attribute := name + "_json"; best <= textual && len(attribute)+len(document) <= room {
		if utf8.Valid(document) {
			return attribute, text(string(document))
		}
		return attribute, &types.AttributeValueMemberB{Value: document} // a DynamoDB string is UTF-8
	}
	return name + "_omitted", boolean(true)
}

// deliveryBytes is the room that the delivery of an announcement's images will
// need beside it: their URIs, in another bucket and below a prefix, and a
// reason why some are missing.
func deliveryBytes(a announcement.Announcement) int {
	total := 4 << 10
	for _, url := range a.ImageURLs {
		total += len(url) + 64
	}
	return total
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
