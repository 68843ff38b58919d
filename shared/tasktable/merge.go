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

// maxKept bounds the sets of starts and runs, and with them what each write
// costs: a task that crashes its runtime is started again for days.
const maxKept = 64

// merge returns what an announcement changes in a stored item, and what that means.
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

// replace makes a stored item show a newer announcement. The delivery of this announcement,
// or of a newer one, stays, and expires_at with it, which must not depend on which of the
// two came first.
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

// setRead sets what was read from the task's output, why it failed or what it was asked
// for, if that was not known when the end was recorded.
func setRead(u *update, a announcement.Announcement, stored item) {
	for attribute, value := range map[string]string{attrError: a.Error, attrRequest: a.Request} {
		if a.Status.Terminal() && stringOf(stored, attribute) == "" {
			u.setText(attribute, value)
		}
	}
}

// addStart sets what an item keeps of a late start: started_at, unless a later start is known,
// with the duration if the item shows an end; and the start's time, if it is after the last
// end. It reports whether that changes the item.
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

// addEnd sets what an item that shows a newer start or request keeps of a late end: its time.
// The starts before it belong to an earlier run, and go.
func addEnd(u *update, a announcement.Announcement, stored item) {
	ended := a.PublishedAt.UnixMilli()
	if numberOf(stored, attrEndedMS) < ended {
		u.set(attrEndedMS, number(ended))
		setStarts(u, keptStarts(stored, ended))
	}
}

// keptStarts returns the starts to keep of an item's and of more: those after an end, the newest
// if they are too many. So what is kept does not depend on the order of arrival.
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

// addRun adds a completion's mark to those of the known runs. It reports whether that
// changes the item: the set may be full.
func addRun(u *update, a announcement.Announcement, stored item) bool {
	known := runsOf(stored)
	if a.Status != announcement.Completed || slices.Contains(known, runMark(a)) || len(known) >= maxKept {
		return false
	}
	u.set(attrRuns, &types.AttributeValueMemberSS{Value: append(slices.Clone(known), runMark(a))})
	return true
}

// isRerun reports whether a completion is of another run than those that an item knows.
func isRerun(a announcement.Announcement, stored item) bool {
	known := runsOf(stored)
	return a.Status == announcement.Completed && len(known) > 0 && !slices.Contains(known, runMark(a))
}

// runMark tells the objects of one completion from those of another: each run
// has new random keys. Completions that name no objects are the same.
func runMark(a announcement.Announcement) string {
	hash := sha256.New()
	for _, url := range append([]string{a.OutputURL}, a.ImageURLs...) {
		hash.Write([]byte(strconv.Quote(url)))
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
