package tasktable

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// fullStarts are the starts that an item has no room beside, with its last end.
type fullStarts struct {
	starts []int64
	ended  int64
}

// fullStartsOf returns an item's starts, if they are full; else nil.
func fullStartsOf(stored item) *fullStarts {
	if !isFull(stored, attrStartsMS) {
		return nil
	}
	return &fullStarts{numbersOf(stored, attrStartsMS), numberOf(stored, attrEndedMS)}
}

// with returns the newest of the starts and a new one. So what is kept does not depend on the order of arrival.
func (f fullStarts) with(start int64) []int64 {
	all := append(slices.Clone(f.starts), start)
	slices.Sort(all)
	all = slices.Compact(all)
	return all[len(all)-maxKept:]
}

// replace puts a start in the place of the oldest one, on the condition that it returns.
func (f fullStarts) replace(u *update, start int64) (condition string) {
	kept := f.with(start)
	first, _ := slices.BinarySearch(kept, f.ended+1)
	u.set(attrStartsMS, numbers(kept))
	u.set(attrFirstStartedAt, text(announcement.FormatTime(time.UnixMilli(kept[min(first, maxKept-1)]))))
	u.value("full", numbers(f.starts))
	return " AND #" + short(attrStartsMS) + " = :full"
}

// replaceOldest does the same with a start that is older than what the item shows. ok is false if the item has no use
// for the start.
func (t *Table) replaceOldest(ctx context.Context, a announcement.Announcement, stored item) (ok bool, err error) {
	start := a.PublishedAt.UnixMilli()
	for range maxContended {
		full := fullStartsOf(stored)
		if full == nil || isOver(stored) || start <= full.ended || start < slices.Min(full.starts) ||
			slices.Contains(full.starts, start) {
			return false, nil
		}
		u := newUpdate()
		u.onlyIf(notOver+full.replace(&u, start), attrFinishedAt)
		if stored, ok, err = t.apply(ctx, a.TaskID, u); ok || err != nil {
			return ok, err
		}
	}
	return false, errContended
}

func numbers(values []int64) types.AttributeValue {
	set := &types.AttributeValueMemberNS{}
	for _, value := range values {
		set.Value = append(set.Value, strconv.FormatInt(value, 10))
	}
	return set
}

func numbersOf(stored item, attribute string) (values []int64) {
	set, ok := stored[attribute].(*types.AttributeValueMemberNS)
	if !ok {
		return nil
	}
	for _, element := range set.Value {
		value, _ := strconv.ParseInt(element, 10, 64)
		values = append(values, value)
	}
	return values
}
