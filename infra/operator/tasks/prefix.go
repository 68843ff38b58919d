package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

const (
	// maxSearched is how many of the newest tasks are searched for an id that begins with a prefix, which takes about ten
	// seconds.
	maxSearched = 50_000
	// maxNamed is how many ids with the same prefix an error names at most.
	maxNamed = 5
)

// find reads the task with an id, or the only task whose id begins with it. For the latter, it searches at most this
// many of the newest tasks.
func find(ctx context.Context, p *output.Printer, table *tasktable.Table, id string, now time.Time, most int,
) (tasktable.Details, error) {
	details, notFound := table.Details(ctx, id)
	if !errors.Is(notFound, tasktable.ErrNotFound) {
		return details, notFound
	}
	ids, all, err := search(ctx, table, id, now, most)
	switch {
	case err != nil:
		return details, fmt.Errorf("find the task whose id begins with %s: %w", output.Escape(id), err)
	case len(ids) == 0 && all:
		return details, notFound
	case len(ids) == 0:
		return details, fmt.Errorf("%w, and no id among the newest %d tasks begins with it", notFound, most)
	case len(ids) > 1:
		slices.Sort(ids)
		return details, fmt.Errorf("%d ids begin with %s, such as %s: type more of the id", len(ids), output.Escape(id),
			output.Escape(strings.Join(ids[:min(len(ids), maxNamed)], ", ")))
	}
	only := ""
	if !all {
		only = fmt.Sprintf(", the only match among the newest %d tasks", most)
	}
	p.Progressf("Task %s%s:\n", output.Escape(ids[0]), only)
	return table.Details(ctx, ids[0])
}

// search returns the ids that begin with a prefix among the newest tasks, and reports whether it searched all tasks.
func search(ctx context.Context, table *tasktable.Table, prefix string, now time.Time, most int,
) (ids []string, all bool, err error) {
	searched := 0
	everything := tasktable.Selection{Statuses: tasktable.Statuses, Until: now.Add(tasktable.ClockSkew)}
	for t, err := range table.NewestFirst(ctx, everything) {
		switch searched++; {
		case err != nil:
			return nil, false, err
		case searched > most:
			return ids, false, nil
		case strings.HasPrefix(t.ID, prefix):
			ids = append(ids, t.ID)
		}
	}
	return ids, true, nil
}
