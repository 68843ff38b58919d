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
	// Caller is whose tasks; "" for everybody's.
	Caller string
	// Since and Until are the bounds of updated_at, both included.
	Since, Until time.Time
}

// NewestFirst yields the selected tasks in the order in which [Table.Between] yields those of one status. A caller's
// come from [CallerIndex]; it reads those of all statuses.
func (t *Table) NewestFirst(ctx context.Context, s Selection) iter.Seq2[Task, error] {
	if s.Caller != "" {
		all := t.between(ctx, CallerIndex, CallerIndexPartitionKey, s.Caller, s.Since, s.Until)
		return withStatus(all, s.Statuses)
	}
	var sources []iter.Seq2[Task, error]
	for _, status := range s.Statuses {
		sources = append(sources, t.Between(ctx, status, s.Since, s.Until))
	}
	return merge(sources)
}

// withStatus yields the tasks with one of the statuses, and the error that ends the sequence.
func withStatus(all iter.Seq2[Task, error], statuses []announcement.Status) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		for task, err := range all {
			if (err != nil || slices.Contains(statuses, task.Status)) && !yield(task, err) {
				return
			}
		}
	}
}

// merge yields the tasks of sequences, each newest first, newest first. An error ends the sequence.
func merge(sources []iter.Seq2[Task, error]) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		heads := make([]*head, 0, len(sources))
		for _, source := range sources {
			next, stop := iter.Pull2(source)
			defer stop()
			if h := (&head{next: next}); h.advance() {
				heads = append(heads, h)
			}
		}
		for len(heads) > 0 {
			newest := slices.MinFunc(heads, (*head).compare)
			if !yield(newest.task, newest.err) || newest.err != nil {
				return
			}
			if !newest.advance() {
				heads = slices.DeleteFunc(heads, func(h *head) bool { return h == newest })
			}
		}
	}
}

// head is the first task, or error, of what is left of a sequence.
type head struct {
	task Task
	err  error
	next func() (Task, error, bool)
}

func (h *head) advance() (ok bool) {
	h.task, h.err, ok = h.next()
	return ok
}

// compare orders errors first, then the newest tasks.
func (h *head) compare(other *head) int {
	switch {
	case h.err != nil:
		return -1
	case other.err != nil:
		return 1
	}
	return other.task.UpdatedAt.Compare(h.task.UpdatedAt)
}
