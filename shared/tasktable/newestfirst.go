package tasktable

import (
	"context"
	"iter"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
)

// Statuses are all statuses of tasks.
var Statuses = []announcement.Status{announcement.Running, announcement.Completed, announcement.Failed}

// ClockSkew is how far the guidance's clock may be ahead of this machine's: updated_at may be in the future.
const ClockSkew = 24 * time.Hour

// NewestFirst yields the tasks of several statuses in the order in which [Table.Between] yields those of one.
func (t *Table) NewestFirst(ctx context.Context, statuses []announcement.Status, since, until time.Time,
) iter.Seq2[Task, error] {
	var sources []iter.Seq2[Task, error]
	for _, status := range statuses {
		sources = append(sources, t.Between(ctx, status, since, until))
	}
	return merge(sources)
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
