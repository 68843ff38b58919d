package page

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/tasktable"
)

// source reads what the page shows from a stack.
type source struct {
	stack *deployment.Deployment
	clock command.Clock
	// explain says of an error of AWS what to do.
	explain func(error) error
}

// open finds the stack.
func open(ctx context.Context, subcommand string, finder *deployment.Finder, clock command.Clock) (*source, error) {
	stack, err := finder.FindTable(ctx)
	explain := func(err error) error { return finder.Explain(subcommand, err) }
	return &source{stack, clock, explain}, err
}

// newData is a page without tasks.
func (s *source) newData(live bool) data {
	place := s.stack.Config.Region
	if s.stack.Local {
		place = "this machine"
	}
	return data{
		Stack: s.stack.Name, Place: place, Live: live, Made: s.clock.Now().UnixMilli(), Notes: []string{},
		Callers: s.stack.HasCallers(), Requests: s.stack.KeepsRequests(),
		Problems: []string{}, Statuses: tasktable.Statuses, Deliveries: deliveries,
		Fields: headings(), Stuck: s.stack.Line.For("stuck").String(),
	}
}

// cursor is where a page of tasks ends: after so many tasks of that time. Its zero value is the beginning.
type cursor struct {
	at   time.Time
	seen int
}

// String is the cursor as the script gets it.
func (c cursor) String() string { return fmt.Sprintf("%d.%d", c.at.UnixMilli(), c.seen) }

func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return cursor{}, nil
	}
	at, seen, _ := strings.Cut(text, ".")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err == nil {
		c.at = time.UnixMilli(ms)
		c.seen, err = strconv.Atoi(seen)
	}
	if err != nil || c.seen < 0 {
		return cursor{}, errors.New("the cursor is not one of this server's")
	}
	return c, nil
}

// page reads tasks after a cursor, newest first. next is nil after the last.
func (s *source) page(ctx context.Context, q tasktable.Selection, after cursor, limit int) (
	tasks []tasktable.Task, next *cursor, err error,
) {
	skip, last := after.seen, after
	if !after.at.IsZero() {
		q.Until = after.at
	}
	for task, err := range s.stack.Table().NewestFirst(ctx, q) {
		switch {
		case err != nil:
			return nil, nil, err
		case skip > 0 && task.UpdatedAt.Equal(after.at):
			skip--
		case len(tasks) == limit:
			return tasks, &last, nil
		default:
			tasks = append(tasks, task)
			if !task.UpdatedAt.Equal(last.at) {
				last = cursor{at: task.UpdatedAt}
			}
			last.seen++
		}
	}
	return tasks, nil, nil
}
