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
	// maxSearched is how many of the newest tasks are searched for an id that begins with a prefix: ten seconds' work.
	maxSearched = 50_000
	// maxNamed is how many ids with the same prefix an error names.
	maxNamed = 5
)

// find reads the task with an id, or the only task whose id begins with it.
func find(ctx context.Context, p *output.Printer, table *tasktable.Table, id string, now time.Time,
) (tasktable.Details, error) {
	details, notFound := table.Details(ctx, id)
	if !errors.Is(notFound, tasktable.ErrNotFound) || id == "" {
		return details, notFound
	}
	var found []string
	searched := 0
	everything := tasktable.Selection{Statuses: tasktable.Statuses, Until: now.Add(tasktable.ClockSkew)}
	for t, err := range table.NewestFirst(ctx, everything) {
		if searched++; err != nil || searched > maxSearched {
			break
		}
		if strings.HasPrefix(t.ID, id) {
			found = append(found, t.ID)
		}
	}
	switch {
	case len(found) == 0:
		return details, notFound
	case len(found) > 1:
		slices.Sort(found)
		return details, fmt.Errorf("%s is the beginning of %d ids, such as %s: type more of it", output.Escape(id),
			len(found), output.Escape(strings.Join(found[:min(len(found), maxNamed)], ", ")))
	}
	p.Progressf("Task %s:\n", output.Escape(found[0]))
	return table.Details(ctx, found[0])
}
