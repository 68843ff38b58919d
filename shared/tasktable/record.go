package tasktable

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"sdtasktracker/shared/announcement"
)

// Outcome says what recording an announcement changed.
type Outcome string

const (
	// Recorded: the item now shows this announcement.
	Recorded Outcome = "recorded"
	// Duplicate: the item already showed this very message; nothing changed.
	Duplicate Outcome = "duplicate"
	// Stale: the item shows a newer announcement; nothing changed.
	Stale Outcome = "stale"
	// StartRecorded: the item still shows a newer announcement, but took
	// started_at and duration_ms from this late "running".
	StartRecorded Outcome = "start_recorded"
)

// Recording is what Record did.
type Recording struct {
	Outcome Outcome
	// Omitted names the attributes, image_url, context or extra, for which, or
	// for the whole of which, the item has no room.
	Omitted []string
}

// Record stores an announcement in its task's item. The common path is one
// conditional UpdateItem and no read. A second request is needed for a
// "running" that arrives after its task's end, and for an announcement whose
// delivery was recorded first.
//
// Errors come from DynamoDB and are worth a retry.
func (t *Table) Record(ctx context.Context, a announcement.Announcement) (Recording, error) {
	var recording Recording
	var err error
	// This package knows DynamoDB's limits. If DynamoDB refuses the item all
	// the same, for instance because somebody added attributes to it, nothing
	// that a message carries may cost the task its status.
	for form := native; form <= withoutLists; form++ {
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
	if stored == nil || stringOf(stored, attrVersion) < a.Version() {
		// The condition failed because the delivery of this announcement, or
		// of a newer one, is already recorded. It has to stay, and expires_at
		// with it, which must not depend on which of the two came first.
		u, _ = t.recordUpdate(a, alreadyDelivered, best)
		stored, ok, err = t.apply(ctx, a.TaskID, u)
		if ok || err != nil {
			return recording, err
		}
	}
	switch {
	case stringOf(stored, attrMessageID) == a.MessageID:
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

// deliverySeen selects one of two conditions for recordUpdate: a single
// expression can't either remove or keep the delivery attributes.
type deliverySeen bool

const (
	undelivered      deliverySeen = false
	alreadyDelivered deliverySeen = true
)

// recordUpdate makes the item show the announcement, provided that it is the
// newest. It returns the names of the fields that do not fit.
func (t *Table) recordUpdate(a announcement.Announcement, seen deliverySeen, best form) (u update, left []string) {
	u = newUpdate()
	u.set(attrStatus, text(string(a.Status)))
	u.set(attrUpdatedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrMessageID, text(a.MessageID))
	u.set(attrVersion, text(a.Version()))
	setMessage(&u, a)
	setTimes(&u, a)
	left = append(setImages(&u, a, best), setDocuments(&u, a, best)...)
	u.removeOthers(announcementAttributes...)

	condition := "(attribute_not_exists(#version) OR #version < :version)"
	if seen == alreadyDelivered {
		condition += " AND (#delivery_version >= :version OR #delivery_message_id = :message_id)"
	} else {
		condition += " AND (attribute_not_exists(#delivery_version) OR #delivery_version < :version)" +
			" AND (attribute_not_exists(#delivery_message_id) OR #delivery_message_id <> :message_id)"
		u.removeOthers(deliveryAttributes...)
		t.setExpiry(&u, a)
	}
	u.onlyIf(condition, attrDeliveryVersion, attrDeliveryMessageID)
	return u, left
}

// setMessage mirrors the message's short fields.
func setMessage(u *update, a announcement.Announcement) {
	if a.Runtime != "" {
		u.set(attrRuntime, text(a.Runtime))
	}
	if a.OutputURL != "" {
		u.set(attrOutputURL, text(a.OutputURL))
	}
	if a.Status.Terminal() {
		u.set(attrResult, boolean(a.Status == announcement.Completed))
		u.set(attrImageCount, number(int64(len(a.ImageURLs))))
	}
}

// setImages sets image_url, as much of it as there is room for. It returns the
// attribute's name if that is not all.
func setImages(u *update, a announcement.Announcement, best form) (left []string) {
	if !a.Status.Terminal() {
		return nil
	}
	room := announcementBytes - u.bytes()
	if best == withoutLists {
		room = 0
	}
	if setList(u, attrImageURL, attrImageURLOmitted, a.ImageURLs, room) {
		return nil
	}
	return []string{attrImageURL}
}

// setTimes sets started_at from a "running" and finished_at from any other
// announcement. DynamoDB has no conditional arithmetic: if no start is known,
// duration_ms is 0, which saves a second write per task.
func setTimes(u *update, a announcement.Announcement) {
	at, ms := text(announcement.FormatTime(a.PublishedAt)), number(a.PublishedAt.UnixMilli())
	if a.Status == announcement.Running {
		u.set(attrStartedAt, at)
		u.set(attrStartedMS, ms)
		return
	}
	u.set(attrFinishedAt, at)
	u.set(attrFinishedMS, ms)
	u.setTo(attrDurationMS, ":finished_ms - if_not_exists(#started_ms, :finished_ms)")
	u.name(attrStartedMS)
}

// startUpdate sets a run's start from a "running" that arrives after the run's
// end.
func startUpdate(a announcement.Announcement) update {
	u := newUpdate()
	u.set(attrStartedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrStartedMS, number(a.PublishedAt.UnixMilli()))
	u.setTo(attrDurationMS, "#finished_ms - :started_ms")
	u.value(attrVersion, text(a.Version()))
	u.onlyIf("#version > :version AND attribute_exists(#finished_ms)"+
		" AND (attribute_not_exists(#started_at) OR #started_at < :started_at)", attrVersion, attrFinishedMS)
	return u
}
