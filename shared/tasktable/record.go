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
	// Duplicate: the item already showed this message; nothing changed.
	Duplicate Outcome = "duplicate"
	// Stale: the item shows a newer announcement; nothing changed.
	Stale Outcome = "stale"
	// StartRecorded: the item still shows a newer announcement, but this late
	// "running" set started_at and duration_ms.
	StartRecorded Outcome = "start_recorded"
	// RequestRecorded: the item still shows a newer announcement, but this late
	// request set queued_at, task_type and prefix.
	RequestRecorded Outcome = "request_recorded"
)

// Recording is the result of Record.
type Recording struct {
	Outcome Outcome
	// Omitted names the attributes (image_url, context or extra) that the item lacks, or
	// has only partly, because it has no room.
	Omitted []string
	// Rerun says that the task had already completed with other objects, and that this
	// completion is new.
	Rerun bool
	// Waited is the time from the task's request to its first start. It is 0 unless this
	// recorded that start, in a table with [Table.Requests] that has the request.
	Waited time.Duration
	// Duration is how long the task ran. It is 0 unless this recorded the task's end, and
	// its start was recorded before.
	Duration time.Duration
}

// Record stores an announcement in its task's item. Usually that takes one conditional
// UpdateItem and no read. Record needs a second UpdateItem if the item shows a newer
// announcement, if the announcement's delivery was recorded first, and for the 65th start
// or completion of a task.
//
// Errors come from DynamoDB; the caller should retry.
func (t *Table) Record(ctx context.Context, a announcement.Announcement) (Recording, error) {
	var recording Recording
	var err error
	// This package respects DynamoDB's limits. DynamoDB may still refuse the item, for
	// instance because somebody added attributes to it. Then Record stores the documents
	// as text, and if DynamoDB refuses that too, omits documents and lists.
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

// isTooLarge reports whether DynamoDB refused an item because of its size or its levels. Any other ValidationException
// comes from a bug or a wrong table, and must not make a message lose anything.
func isTooLarge(err error) bool {
	var apiError smithy.APIError
	return errors.As(err, &apiError) && apiError.ErrorCode() == "ValidationException" &&
		tooLarge.MatchString(apiError.ErrorMessage())
}

// tooLarge matches DynamoDB's error messages, which its documentation doesn't have.
var tooLarge = regexp.MustCompile(`(?i)^item size .*exceeded|^nesting levels have exceeded`)

// maxContended is the maximum number of attempts at an update while other updates change
// the item. After that, the caller gets errContended.
const maxContended = 32

var errContended = errors.New("the item keeps changing")

// record first tries an update without reading the item. If its condition fails, DynamoDB
// returns the item, and record merges the announcement into it, on condition that nobody has
// changed the item since.
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

// blindUpdate returns an update that makes any item show an announcement, on condition that
// the announcement is the newest, that the item has no delivery of it, and that the item's
// sets have room. It also returns the names of the fields that do not fit.
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
		u.returns = types.ReturnValueAllOld // the old item has the start, the runs and the request
	}
	return u, omitted
}

// recorded returns the Recording for an item that now shows an announcement. old is the item before.
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
