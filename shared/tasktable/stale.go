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
		return Recording{Outcome: Duplicate}, t.addError(ctx, a, stored)
	}
	if a.Status == announcement.Running {
		return t.recordStaleStart(ctx, a, stored)
	}
	rerun, err := t.addRun(ctx, a, stored)
	if err == nil && !isOver(stored) {
		_, err = t.addBoundary(ctx, a)
	}
	return Recording{Outcome: Stale, Rerun: rerun}, err
}

// recordStaleStart records a start that is older than the end, or the other start,
// that the item shows.
func (t *Table) recordStaleStart(ctx context.Context, a announcement.Announcement, stored item) (Recording, error) {
	var ok bool
	var err error
	if isOver(stored) {
		_, ok, err = t.apply(ctx, a.TaskID, startUpdate(a))
	} else {
		ok, err = t.addBoundary(ctx, a)
	}
	if ok {
		return Recording{Outcome: StartRecorded}, err
	}
	return Recording{Outcome: Stale}, err
}

// isOver reports whether an item shows an end.
func isOver(stored item) bool {
	return announcement.Status(stringOf(stored, attrStatus)).Terminal()
}

// addError adds why the task failed to the item that shows the failure, if that was
// not known when the failure was recorded.
func (t *Table) addError(ctx context.Context, a announcement.Announcement, stored item) error {
	if a.Error == "" || stringOf(stored, attrError) != "" {
		return nil
	}
	u := newUpdate()
	u.set(attrError, text(a.Error))
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
// end.
func startUpdate(a announcement.Announcement) update {
	u := newUpdate()
	u.set(attrStartedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrStartedMS, number(a.PublishedAt.UnixMilli()))
	u.setTo(attrDurationMS, "#ended_ms - :started_ms")
	u.value(attrVersion, text(a.Version()))
	u.onlyIf("#version > :version AND attribute_exists(#finished_at)"+
		" AND (attribute_not_exists(#started_at) OR #started_at < :started_at)",
		attrVersion, attrFinishedAt, attrEndedMS)
	return u
}

// addBoundary adds a start or an end to what an item that shows a newer start
// keeps, and sets first_started_at by it. A retry does no harm: it begins with
// an update that may have happened already.
func (t *Table) addBoundary(ctx context.Context, a announcement.Announcement) (ok bool, err error) {
	u := newUpdate()
	u.value(attrVersion, text(a.Version()))
	u.value("running", text(string(announcement.Running)))
	u.value("at", number(a.PublishedAt.UnixMilli()))
	condition := "#version > :version AND #status = :running AND (attribute_not_exists(#ended_ms) OR #ended_ms "
	if a.Status == announcement.Running {
		condition += "< :at)" + grow(&u, a, false)
	} else {
		condition += "<= :at)"
		u.setTo(attrEndedMS, ":at")
	}
	u.onlyIf(condition, attrVersion, attrStatus, attrEndedMS)
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
// long as the item shows a start.
func (t *Table) settle(ctx context.Context, taskID string, stored item) error {
	for range maxContended {
		first, over := firstStart(stored)
		if stringOf(stored, attrStatus) != string(announcement.Running) ||
			len(over) == 0 && stringOf(stored, attrFirstStartedAt) == first {
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
	u.set(attrFirstStartedAt, text(first))
	if len(over) > 0 {
		u.change(&u.deletes, attrStartsMS, "over", numbers(over))
	}
	u.value("running", text(string(announcement.Running)))
	condition := "#status = :running"
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
	u.onlyIf(condition, attrStatus, attrStartsMS, attrEndedMS)
	return u
}
