package tasktable

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// recordStale records an announcement that is not newer than what the item shows:
// only what the item keeps of all announcements. stored is the item.
func (t *Table) recordStale(ctx context.Context, a announcement.Announcement, stored item) (Recording, error) {
	if stringOf(stored, attrMessageID) == a.MessageID {
		return Recording{Outcome: Duplicate}, t.addRead(ctx, a, stored)
	}
	switch a.Status {
	case announcement.Queued:
		_, taken, err := t.apply(ctx, a.TaskID, t.requestUpdate(a))
		return late(taken, RequestRecorded), err
	case announcement.Running:
		taken, err := t.recordStaleStart(ctx, a, stored)
		return late(taken, StartRecorded), err
	}
	rerun, err := t.addRun(ctx, a, stored)
	if err == nil && !isOver(stored) {
		_, err = t.addBoundary(ctx, a)
	}
	return Recording{Outcome: Stale, Rerun: rerun}, err
}

// late is what recording an older announcement did: the outcome, if the item took
// something from it.
func late(taken bool, outcome Outcome) Recording {
	if taken {
		return Recording{Outcome: outcome}
	}
	return Recording{Outcome: Stale}
}

// requestUpdate keeps a request that is older than what the item shows.
func (t *Table) requestUpdate(a announcement.Announcement) update {
	u := newUpdate()
	setRequest(&u, a)
	if t.Requests {
		setAsked(&u, a)
	}
	u.value(attrVersion, text(a.Version()))
	u.onlyIf("#version > :version AND (attribute_not_exists(#queued_version) OR #queued_version < :queued_version)",
		attrVersion)
	return u
}

// recordStaleStart records a start that is older than the end, the other start or
// the request that the item shows. It reports whether the item took the start.
func (t *Table) recordStaleStart(
	ctx context.Context, a announcement.Announcement, stored item,
) (taken bool, err error) {
	over := isOver(stored)
	if stringOf(stored, attrStartedAt) < announcement.FormatTime(a.PublishedAt) {
		if taken, over, err = t.addStart(ctx, a, over); err != nil {
			return false, err
		}
	}
	if over {
		return taken, nil
	}
	added, err := t.addBoundary(ctx, a)
	return taken || added, err
}

// addStart sets started_at unless a later start is known. over is whether the item
// shows an end, before and after.
func (t *Table) addStart(
	ctx context.Context, a announcement.Announcement, over bool,
) (taken, stillOver bool, err error) {
	for range maxContended {
		stored, ok, err := t.apply(ctx, a.TaskID, startUpdate(a, over))
		if ok || err != nil || isOver(stored) == over {
			return ok, over, err
		}
		over = !over
	}
	return false, over, errContended
}

// isOver reports whether an item shows an end.
func isOver(stored item) bool {
	return announcement.Status(stringOf(stored, attrStatus)).Terminal()
}

// notOver is the condition that it doesn't.
const notOver = "attribute_not_exists(#finished_at)"

// addRead adds what was read from the task's output, why it failed or what it was asked
// for, to the item that shows the end, if that was not known when the end was recorded.
func (t *Table) addRead(ctx context.Context, a announcement.Announcement, stored item) error {
	u := newUpdate()
	for attribute, value := range map[string]string{attrError: a.Error, attrRequest: a.Request} {
		if a.Status.Terminal() && value != "" && stringOf(stored, attribute) == "" {
			u.set(attribute, text(value))
		}
	}
	if len(u.sets) == 0 {
		return nil
	}
	u.value(attrMessageID, text(a.MessageID))
	u.onlyIf("#message_id = :message_id", attrMessageID)
	_, _, err := t.apply(ctx, a.TaskID, u)
	return err
}

// addRun adds a completion's mark to the known runs, and reports whether the
// completion is a rerun.
func (t *Table) addRun(ctx context.Context, a announcement.Announcement, stored item) (rerun bool, err error) {
	if a.Status != announcement.Completed || slices.Contains(runsOf(stored), runMark(a)) {
		return false, nil
	}
	u := newUpdate()
	u.value(attrVersion, text(a.Version()))
	u.onlyIf("#version > :version"+grow(&u, a, false), attrVersion)
	old, ok, err := t.apply(ctx, a.TaskID, u)
	return ok && isRerun(a, variant{}, old), err
}

// startUpdate sets a run's start from a "running" that arrives after the run's
// end, or after a newer request.
func startUpdate(a announcement.Announcement, over bool) update {
	u := newUpdate()
	u.set(attrStartedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrStartedMS, number(a.PublishedAt.UnixMilli()))
	u.value(attrVersion, text(a.Version()))
	const condition = "#version > :version AND (attribute_not_exists(#started_at) OR #started_at < :started_at) AND "
	if over {
		u.setTo(attrDurationMS, "#ended_ms - :started_ms")
		u.onlyIf(condition+"attribute_exists(#finished_at)", attrVersion, attrFinishedAt, attrEndedMS)
	} else {
		u.onlyIf(condition+notOver, attrVersion, attrFinishedAt)
	}
	return u
}

// addBoundary adds a start or an end to what an item that shows a newer start or
// request keeps, and sets first_started_at by it. A retry does no harm: it begins with
// an update that may have happened already.
func (t *Table) addBoundary(ctx context.Context, a announcement.Announcement) (ok bool, err error) {
	u := newUpdate()
	u.value(attrVersion, text(a.Version()))
	u.value("at", number(a.PublishedAt.UnixMilli()))
	condition := "#version > :version AND " + notOver + " AND (attribute_not_exists(#ended_ms) OR #ended_ms "
	if a.Status == announcement.Running {
		condition += "< :at)" + grow(&u, a, false)
	} else {
		condition += "<= :at)"
		u.setTo(attrEndedMS, ":at")
	}
	u.onlyIf(condition, attrVersion, attrFinishedAt, attrEndedMS)
	u.returns = types.ReturnValueAllNew
	stored, ok, err := t.apply(ctx, a.TaskID, u)
	switch {
	case err != nil:
		return false, err
	case ok:
		return true, t.settle(ctx, a.TaskID, stored)
	case a.Status == announcement.Running:
		return t.replaceOldest(ctx, a, stored)
	}
	return false, nil
}

// settle sets first_started_at to the first start after the last end, for as
// long as the item shows no end.
func (t *Table) settle(ctx context.Context, taskID string, stored item) error {
	for range maxContended {
		first, over := firstStart(stored)
		if isOver(stored) || len(over) == 0 && stringOf(stored, attrFirstStartedAt) == first {
			return nil
		}
		var ok bool
		var err error
		stored, ok, err = t.apply(ctx, taskID, settleUpdate(stored, first, over))
		if ok || err != nil {
			return err
		}
	}
	return errContended
}

// settleUpdate changes first_started_at, on condition that the starts and the
// end are still those seen: starts are only added as long as the end is the same.
func settleUpdate(stored item, first string, over []int64) update {
	u := newUpdate()
	if first != "" {
		u.set(attrFirstStartedAt, text(first))
	}
	u.removeOthers(attrFirstStartedAt)
	if len(over) > 0 {
		u.change(&u.deletes, attrStartsMS, "over", numbers(over))
	}
	condition := notOver
	if starts, ok := stored[attrStartsMS]; ok {
		u.value("starts", starts)
		condition += " AND #starts_ms = :starts"
	} else {
		condition += " AND attribute_not_exists(#starts_ms)"
	}
	if ended, ok := stored[attrEndedMS]; ok {
		u.value(attrEndedMS, ended)
		condition += " AND #ended_ms = :ended_ms"
	} else {
		condition += " AND attribute_not_exists(#ended_ms)"
	}
	u.onlyIf(condition, attrFinishedAt, attrStartsMS, attrEndedMS)
	return u
}
