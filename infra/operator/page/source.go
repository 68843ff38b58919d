package page

import (
	"context"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/tasktable"
)

// source reads what the page shows from a stack.
type source struct {
	stack *deployment.Deployment
	clock command.Clock
	// explain adds to an error from AWS what to do about it.
	explain func(error) error
}

// open finds the stack.
func open(ctx context.Context, subcommand string, finder *deployment.Finder, clock command.Clock) (*source, error) {
	stack, err := finder.FindTable(ctx)
	explain := func(err error) error { return finder.Explain(subcommand, err) }
	return &source{stack, clock, explain}, err
}

// newData returns the data of a page without tasks.
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

// newest reads limit tasks, newest first, and more tasks with the same time as the last. older is the time of the next
// task; zero if no task follows.
func (s *source) newest(ctx context.Context, q tasktable.Selection, limit int) (
	tasks []tasktable.Task, older time.Time, err error,
) {
	for task, err := range s.stack.Table().NewestFirst(ctx, q) {
		if err != nil {
			return nil, time.Time{}, err
		}
		if len(tasks) >= limit && !task.UpdatedAt.Equal(tasks[len(tasks)-1].UpdatedAt) {
			return tasks, task.UpdatedAt, nil
		}
		tasks = append(tasks, task)
	}
	return tasks, time.Time{}, nil
}
