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
// conditional UpdateItem and no read. A second one is needed for an announcement that is
// older than what the item shows, for one whose delivery was recorded first, and for
// the 65th start or completion of a task.
//
// Errors come from DynamoDB and are worth a retry.
func (t *Table) Record(ctx context.Context, a announcement.Announcement) (Recording, error) {
	var recording Recording
	var err error
	// This package knows DynamoDB's limits. If DynamoDB refuses the item all
	// the same, for instance because somebody added attributes to it, nothing
	// that a message carries may cost the task its status.
	for best := native; best <= omitted; best++ {
		if recording, err = t.record(ctx, a, best); !isTooLarge(err) {
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

// maxContended is how often an update is tried again because another update of the
// item came first; then the caller gets errContended.
const maxContended = 32

var errContended = errors.New("the item keeps changing")

// record tries an update that needs no knowledge of the item. If its condition fails, it
// knows the item, and so what to change, provided that nobody changes the item meanwhile.
func (t *Table) record(ctx context.Context, a announcement.Announcement, best form) (Recording, error) {
	u, omitted := t.blindUpdate(a, best)
	stored, ok, err := t.apply(ctx, a.TaskID, u)
	if err != nil {
		return Recording{}, err
	}
	if ok {
		return recorded(a, stored, omitted), nil
	}
	for range maxContended {
		u, recording := t.merge(a, stored, best)
		if len(u.sets) == 0 {
			return recording, nil
		}
		u.onlyIfUnchanged(stored)
		if stored, ok, err = t.apply(ctx, a.TaskID, u); ok || err != nil {
			return recording, err
		}
	}
	return Recording{}, errContended
}

// blindUpdate makes an item show an announcement, on condition that the announcement is
// the newest, that the item has no delivery of it, and that its sets have room. It returns
// the names of the fields that do not fit.
func (t *Table) blindUpdate(a announcement.Announcement, best form) (u update, omitted []string) {
	u = newUpdate()
	u.condition = "(attribute_not_exists(#internal_version) OR #internal_version < :internal_version)" +
		" AND (attribute_not_exists(#internal_delivery_version) OR #internal_delivery_version < :internal_version)"
	omitted = t.show(&u, a, best)
	t.dropDelivery(&u, a)
	switch a.Status {
	case announcement.Running:
		u.sets[attrFirstStartedAt] = "if_not_exists(#first_started_at, :started_at)"
		u.add(attrStartsMS, numbers(a.PublishedAt.UnixMilli()))
	case announcement.Completed:
		u.add(attrRuns, &types.AttributeValueMemberSS{Value: []string{runMark(a)}})
	}
	if a.Status.Terminal() || t.Requests && a.Status == announcement.Running {
		u.returns = types.ReturnValueAllOld // which has the start, the runs and the request
	}
	return u, omitted
}

// recorded is what happened to an item that now shows an announcement. old is the item before.
func recorded(a announcement.Announcement, old item, omitted []string) Recording {
	r := Recording{Outcome: Recorded, Omitted: omitted, Rerun: isRerun(a, old)}
	queued, started := timeOf(old, attrQueuedAt), numberOf(old, attrStartedMS)
	switch {
	case a.Status == announcement.Running:
		if !queued.IsZero() && stringOf(old, attrStatus) == string(announcement.Queued) {
			r.Waited = a.PublishedAt.Sub(queued)
		}
	case a.Status.Terminal() && started > numberOf(old, attrEndedMS): // else it is an earlier run's start
		r.Duration = a.PublishedAt.Sub(time.UnixMilli(started))
	}
	return r
}
