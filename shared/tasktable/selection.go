package tasktable

import (
	"context"
	"iter"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
)

// Selection chooses the tasks of a list.
type Selection struct {
	Statuses []announcement.Status
	// Caller selects one caller's tasks; "" selects all callers'.
	Caller string
	// Since and Until are the inclusive bounds of updated_at.
	Since, Until time.Time
}

// NewestFirst yields the selected tasks in the order of [Table.Between]. For a caller, it reads the caller's tasks of
// all statuses from [CallerIndex].
func (t *Table) NewestFirst(ctx context.Context, s Selection) iter.Seq2[Task, error] {
	if s.Caller != "" {
		all := t.between(ctx, CallerIndex, CallerIndexPartitionKey, s.Caller, s.Since, s.Until)
		return withStatus(all, s.Statuses)
	}
	var all iter.Seq2[Task, error] = func(func(Task, error) bool) {}
	for _, status := range s.Statuses {
		all = merge(all, t.Between(ctx, status, s.Since, s.Until))
	}
	return all
}

// withStatus yields the tasks that have one of the statuses, and the error that ends the sequence.
func withStatus(all iter.Seq2[Task, error], statuses []announcement.Status) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		for task, err := range all {
			if (err != nil || slices.Contains(statuses, task.Status)) && !yield(task, err) {
				return
			}
		}
	}
}

// merge merges two sequences, in which the newest task comes first, in the same order. An error ends the sequence.
func merge(x, y iter.Seq2[Task, error]) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		next, stop := iter.Pull2(y)
		defer stop()
		other, otherErr, more := next()
		// yieldOthers yields the tasks of y that are not older than a time.
		yieldOthers := func(than time.Time) (goOn bool) {
			for more && (otherErr != nil || !other.UpdatedAt.Before(than)) {
				if !yield(other, otherErr) || otherErr != nil {
					return false
				}
				other, otherErr, more = next()
			}
			return true
		}
		for task, err := range x {
			if err == nil && !yieldOthers(task.UpdatedAt) || !yield(task, err) || err != nil {
				return
			}
		}
		yieldOthers(time.Time{})
	}
}
