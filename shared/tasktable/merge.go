package tasktable

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// maxKept is the maximum size of the sets of starts and runs. It limits the cost of
// each write: the guidance starts a task that crashes its runtime again for days.
const maxKept = 64

// merge returns the update of a stored item for an announcement, and its outcome.
func (t *Table) merge(a announcement.Announcement, stored item, best form) (u update, r Recording) {
	u, r.Outcome = newUpdate(), Stale
	switch {
	case stringOf(stored, attrVersion) < a.Version():
		r = recorded(a, stored, t.replace(&u, a, stored, best))
	case stringOf(stored, attrMessageID) == a.MessageID:
		r.Outcome = Duplicate
		setRead(&u, a, stored)
	case a.Status == announcement.Queued:
		if stringOf(stored, attrQueuedVersion) < a.Version() {
			r.Outcome = RequestRecorded
			setRequest(&u, a)
			if t.Requests {
				setAsked(&u, a)
			}
		}
	case a.Status == announcement.Running:
		if addStart(&u, a, stored) {
			r.Outcome = StartRecorded
		}
	default:
		r.Rerun = addRun(&u, a, stored) && isRerun(a, stored)
		addEnd(&u, a, stored)
	}
	return u, r
}

// replace makes a stored item show a newer announcement. It keeps the delivery of this or a
// newer announcement, together with expires_at, so that expires_at does not depend on whether
// the announcement or the delivery came first.
func (t *Table) replace(u *update, a announcement.Announcement, stored item, best form) (omitted []string) {
	omitted = t.show(u, a, best)
	if a.Status == announcement.Running {
		setStarts(u, keptStarts(stored, numberOf(stored, attrEndedMS), a.PublishedAt.UnixMilli()))
	}
	addRun(u, a, stored)
	if stringOf(stored, attrDeliveryVersion) < a.Version() {
		t.dropDelivery(u, a)
	}
	return omitted
}

// setRead sets the error and the request that were read from the task's output, if they were
// not known when the end was recorded.
func setRead(u *update, a announcement.Announcement, stored item) {
	for attribute, value := range map[string]string{attrError: a.Error, attrRequest: a.Request} {
		if a.Status.Terminal() && stringOf(stored, attribute) == "" {
			u.setText(attribute, value)
		}
	}
}

// addStart adds a late start to an item. It sets started_at unless a later start is known, and
// then also the duration if the item shows an end. It adds the start to the set of starts if it
// is after the last end. It reports whether the item changes.
func addStart(u *update, a announcement.Announcement, stored item) bool {
	at, ended := a.PublishedAt.UnixMilli(), numberOf(stored, attrEndedMS)
	if numberOf(stored, attrStartedMS) < at {
		setStart(u, a)
		if announcement.Status(stringOf(stored, attrStatus)).Terminal() {
			u.set(attrDurationMS, number(ended-at))
		}
	}
	kept := keptStarts(stored, ended, at)
	if slices.Contains(kept, at) && !slices.Contains(numbersOf(stored, attrStartsMS), at) {
		setStarts(u, kept)
	}
	return len(u.sets) > 0
}

// addEnd adds the time of a late end to an item that shows a newer start or request. It removes
// the starts before the end, which belong to an earlier run.
func addEnd(u *update, a announcement.Announcement, stored item) {
	ended := a.PublishedAt.UnixMilli()
	if numberOf(stored, attrEndedMS) < ended {
		u.set(attrEndedMS, number(ended))
		setStarts(u, keptStarts(stored, ended))
	}
}

// keptStarts returns the starts of an item and more that are after an end: at most maxKept, the
// newest. So the kept starts do not depend on the order of arrival.
func keptStarts(stored item, ended int64, more ...int64) []int64 {
	starts := append(numbersOf(stored, attrStartsMS), more...)
	slices.Sort(starts)
	starts = slices.Compact(starts)
	after, _ := slices.BinarySearch(starts, ended+1)
	return starts[max(after, len(starts)-maxKept):]
}

// setStarts sets the starts since the last end, and the first of them.
func setStarts(u *update, starts []int64) {
	if len(starts) > 0 {
		u.set(attrStartsMS, numbers(starts...))
		u.set(attrFirstStartedAt, text(announcement.FormatTime(time.UnixMilli(starts[0]))))
	}
	u.removeOthers(attrStartsMS, attrFirstStartedAt)
}

// addRun adds a completion's mark to the known runs, unless the set is full. It reports whether
// the item changes.
func addRun(u *update, a announcement.Announcement, stored item) bool {
	known := runsOf(stored)
	if a.Status != announcement.Completed || slices.Contains(known, runMark(a)) || len(known) >= maxKept {
		return false
	}
	u.set(attrRuns, &types.AttributeValueMemberSS{Value: append(slices.Clone(known), runMark(a))})
	return true
}

// isRerun reports whether a completion belongs to another run than an item's known runs.
func isRerun(a announcement.Announcement, stored item) bool {
	known := runsOf(stored)
	return a.Status == announcement.Completed && len(known) > 0 && !slices.Contains(known, runMark(a))
}

// runMark returns a hash of a completion's objects. It differs between runs, because each
// run has new random keys. Completions without objects have the same mark.
func runMark(a announcement.Announcement) string {
	hash := sha256.New()
	for _, url := range append([]string{a.OutputURL}, a.ImageURLs...) {
		hash.Write([]byte(strconv.Quote(url)))
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
