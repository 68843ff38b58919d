package tasktable

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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
	// RequestRecorded: the item still shows a newer announcement, but took queued_at
	// and what belongs to it from this late request.
	RequestRecorded Outcome = "request_recorded"
)

// Recording is what Record did.
type Recording struct {
	Outcome Outcome
	// Omitted names the attributes (image_url, context or extra) that the item lacks, or
	// has only in part, because there was no room.
	Omitted []string
	// Rerun says that the task had been completed with other objects, and that
	// this completion was not known before.
	Rerun bool
	// Waited is how long the task waited for its first start since it was asked for; 0
	// if that is not known. Only the recording of that start, by a table with
	// [Table.Requests], says so.
	Waited time.Duration
	// Duration is how long the task ran; 0 unless this recorded its end, and its start
	// was recorded before.
	Duration time.Duration
}

// Record stores an announcement in its task's item. The common path is one
// conditional UpdateItem and no read. More requests are needed for an
// announcement that is older than what the item shows, for one whose delivery
// was recorded first, and for the 65th start or completion of a task.
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
		if !isTooLarge(err) {
			break
		}
	}
	if err != nil {
		return Recording{}, fmt.Errorf("record task %q in table %s: %w", a.TaskID, t.Name, err)
	}
	return recording, nil
}

// isTooLarge reports whether DynamoDB refused an item for what it holds: its size, or its levels. Every other
// ValidationException is our mistake, or a table that is not ours; no message may lose anything by it.
func isTooLarge(err error) bool {
	var apiError smithy.APIError
	return errors.As(err, &apiError) && apiError.ErrorCode() == "ValidationException" &&
		tooLarge.MatchString(apiError.ErrorMessage())
}

// tooLarge are DynamoDB's own words, which its documentation doesn't have.
var tooLarge = regexp.MustCompile(`(?i)^item size .*exceeded|^nesting levels have exceeded`)

// maxContended is how often an update is tried again because another one of the
// item came first; then the caller gets errContended.
const maxContended = 8

var errContended = errors.New("the item keeps changing")

func (t *Table) record(ctx context.Context, a announcement.Announcement, best form) (Recording, error) {
	var v variant
	for range maxContended {
		u, left := t.recordUpdate(a, v, best)
		stored, ok, err := t.apply(ctx, a.TaskID, u)
		switch {
		case err != nil:
			return Recording{}, err
		case ok:
			return Recording{
				Outcome: Recorded, Omitted: left, Rerun: isRerun(a, v, stored), Waited: waited(a, stored),
				Duration: ran(a, stored),
			}, nil
		case stringOf(stored, attrVersion) >= a.Version():
			return t.recordStale(ctx, a, stored)
		default:
			v = variantOf(a, stored)
		}
	}
	return Recording{}, errContended
}

// variant selects one of several conditions for recordUpdate: a single
// expression can't either remove or keep an attribute, nor add to a set or not.
type variant struct {
	// delivered: the delivery of this announcement, or of a newer one, is
	// already recorded. It has to stay, and expires_at with it, which must not
	// depend on which of the two came first.
	delivered bool
	// full: the set of runs takes no more elements.
	full bool
	// starts: likewise those of a start; nil if there is room.
	starts *fullStarts
}

func variantOf(a announcement.Announcement, stored item) variant {
	v := variant{
		delivered: stringOf(stored, attrDeliveryVersion) >= a.Version(),
		full:      isFull(stored, growing(a)),
	}
	if a.Status == announcement.Running {
		v.starts = fullStartsOf(stored)
	}
	return v
}

// recordUpdate makes the item show the announcement, provided that it is the
// newest. It returns the names of the fields that do not fit.
func (t *Table) recordUpdate(a announcement.Announcement, v variant, best form) (u update, left []string) {
	u = newUpdate()
	u.set(attrStatus, text(string(a.Status)))
	u.set(attrUpdatedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrMessageID, text(a.MessageID))
	u.set(attrVersion, text(a.Version()))
	setMessage(&u, a)
	setTimes(&u, a)
	left = append(setImages(&u, a, best), setDocuments(&u, a, best)...)
	if a.Status == announcement.Queued || !t.Requests { // without requests, the end says what was asked
		setAsked(&u, a)
	}
	u.removeOthers(announcementAttributes...)

	condition := "(attribute_not_exists(#version) OR #version < :version)" + setRun(&u, a, v)
	if v.delivered {
		condition += " AND #delivery_version >= :version"
	} else {
		condition += " AND (attribute_not_exists(#delivery_version) OR #delivery_version < :version)"
		u.removeOthers(deliveryAttributes...)
		t.setExpiry(&u, a)
	}
	u.onlyIf(condition, attrDeliveryVersion)
	if a.Status.Terminal() || t.Requests && a.Status == announcement.Running {
		u.returns = types.ReturnValueAllOld // which has the start, the runs and the request
	}
	return u, left
}

// setMessage mirrors the message's short fields.
func setMessage(u *update, a announcement.Announcement) {
	if a.Runtime != "" {
		u.set(attrRuntime, text(a.Runtime))
	}
	if a.Caller != "" {
		u.set(attrCaller, text(a.Caller))
	}
	if a.OutputURL != "" {
		u.set(attrOutputURL, text(a.OutputURL))
	}
	if a.Error != "" {
		u.set(attrError, text(a.Error))
	}
	if a.Source != "" {
		u.set(attrSource, text(a.Source))
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

// setTimes sets queued_at from a request, started_at from a "running", and
// finished_at from an end. DynamoDB has no conditional arithmetic: if no start is
// known, duration_ms is 0, which saves a second write per task.
func setTimes(u *update, a announcement.Announcement) {
	at, ms := text(announcement.FormatTime(a.PublishedAt)), number(a.PublishedAt.UnixMilli())
	switch a.Status {
	case announcement.Queued:
		setRequest(u, a)
		return
	case announcement.Running:
		u.set(attrStartedAt, at)
		u.set(attrStartedMS, ms)
		return
	}
	u.set(attrFinishedAt, at)
	u.set(attrEndedMS, ms)
	u.setTo(attrDurationMS, ":ended_ms - if_not_exists(#started_ms, :ended_ms)")
	u.name(attrStartedMS)
}

// setRequest sets what the item keeps of the newest request, whatever it shows.
func setRequest(u *update, a announcement.Announcement) {
	u.set(attrQueuedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrQueuedVersion, text(a.Version()))
	if a.TaskType != "" {
		u.set(attrTaskType, text(a.TaskType))
	}
	if a.Prefix != "" {
		u.set(attrPrefix, text(a.Prefix))
	}
	u.removeOthers(attrTaskType, attrPrefix)
}

// setAsked sets what the task was asked for.
func setAsked(u *update, a announcement.Announcement) {
	if a.Request != "" {
		u.set(attrRequest, text(a.Request))
	}
	u.removeOthers(attrRequest)
}
