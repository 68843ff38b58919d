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

// setRun keeps what has to survive the announcement of the task's runs: of a
// start, its time, and the first one's; of a completion, its mark. It returns what
// to add to the condition.
func setRun(u *update, a announcement.Announcement, v variant) (condition string) {
	if v.starts != nil {
		return v.starts.replace(u, a.PublishedAt.UnixMilli())
	}
	switch {
	case a.Status == announcement.Running:
		u.setTo(attrFirstStartedAt, "if_not_exists(#first_started_at, :started_at)")
	case a.Status.Terminal():
		u.removeOthers(attrFirstStartedAt, attrStartsMS)
	}
	return grow(u, a, v.full)
}

// growing is the set that an announcement adds to; "" for none.
func growing(a announcement.Announcement) string {
	switch a.Status {
	case announcement.Running:
		return attrStartsMS
	case announcement.Completed:
		return attrRuns
	}
	return ""
}

// grow adds an announcement to its set, on condition that the set has room.
func grow(u *update, a announcement.Announcement, full bool) (condition string) {
	attribute := growing(a)
	if attribute == "" || full {
		return ""
	}
	if attribute == attrRuns {
		u.change(&u.adds, attribute, "run", &types.AttributeValueMemberSS{Value: []string{runMark(a)}})
		u.returns = types.ReturnValueUpdatedOld
	} else {
		u.change(&u.adds, attribute, "start", numbers([]int64{a.PublishedAt.UnixMilli()}))
	}
	u.value("most", number(maxKept))
	return " AND (attribute_not_exists(#" + short(attribute) + ") OR size(#" + short(attribute) + ") < :most)"
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

// isRerun reports whether a completion that has been recorded is of another run
// than the known ones. old are the attributes that it replaced.
func isRerun(a announcement.Announcement, v variant, old item) bool {
	if a.Status != announcement.Completed {
		return false
	}
	known := runsOf(old)
	return v.full || len(known) > 0 && !slices.Contains(known, runMark(a))
}

// waited is how long a task had waited for a start, if that is the first. old is the
// item that the start replaced.
func waited(a announcement.Announcement, old item) time.Duration {
	queued := timeOf(old, attrQueuedAt)
	if a.Status != announcement.Running || queued.IsZero() || stringOf(old, attrStatus) != string(announcement.Queued) {
		return 0
	}
	return a.PublishedAt.Sub(queued)
}

// ran is how long a task ran that has been recorded as ended. old is the item that the
// end replaced: a start before an earlier end is not this run's.
func ran(a announcement.Announcement, old item) time.Duration {
	started := numberOf(old, attrStartedMS)
	if !a.Status.Terminal() || started <= numberOf(old, attrEndedMS) {
		return 0
	}
	return a.PublishedAt.Sub(time.UnixMilli(started))
}

// isFull reports whether an item's set has no room for another element.
func isFull(stored item, attribute string) bool {
	switch set := stored[attribute].(type) {
	case *types.AttributeValueMemberSS:
		return len(set.Value) >= maxKept
	case *types.AttributeValueMemberNS:
		return len(set.Value) >= maxKept
	}
	return false
}

// firstStart finds, of the starts known, the first after the last end, "" if there
// is none, and those that are not after it.
func firstStart(stored item) (first string, over []int64) {
	ended := numberOf(stored, attrEndedMS)
	starts := numbersOf(stored, attrStartsMS)
	slices.Sort(starts)
	after, _ := slices.BinarySearch(starts, ended+1)
	if after == len(starts) {
		return "", starts
	}
	return announcement.FormatTime(time.UnixMilli(starts[after])), starts[:after]
}

func runsOf(stored item) []string {
	if set, ok := stored[attrRuns].(*types.AttributeValueMemberSS); ok {
		return set.Value
	}
	return nil
}
