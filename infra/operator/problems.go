package main

import (
	"context"
	"iter"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// stuck is the subcommand that lists the tasks that run for too long.
type stuck struct {
	For span `required:"" placeholder:"TIME" help:"Tasks that have been running for longer than this, such as 10m."`
}

// Help is the rest of the help text.
func (stuck) Help() string {
	return `A task runs from its first start since its last end. Such tasks hang, crash their runtime again and again,
or their end was never announced. Example:

    sdtasks stuck --for 10m`
}

// Run runs the subcommand.
func (c *stuck) Run(ctx context.Context, s *session) error {
	table, err := s.table(ctx)
	if err != nil {
		return err
	}
	tasks, err := collect(table.RunningLongerThan(ctx, time.Duration(c.For), s.now()))
	if err != nil {
		return err
	}
	slices.SortFunc(tasks, func(x, y tasktable.Task) int { return x.FirstStartedAt.Compare(y.FirstStartedAt) })
	return s.print(tasks, columnID, columnRuntime, columnFirstStart, columnRunning, columnUpdated)
}

// failures is the subcommand that lists failed tasks.
type failures struct {
	Since moment `default:"24h" placeholder:"TIME" help:"${sinceHelp} (default ${default})."`
}

// Help is the rest of the help text.
func (failures) Help() string {
	return `Tasks whose images were not delivered are listed by sdtasks list --delivery failed. Example:

    sdtasks failures --since 7d --output csv`
}

// Run runs the subcommand.
func (c *failures) Run(ctx context.Context, s *session) error {
	table, err := s.table(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	tasks, err := collect(table.Between(ctx, announcement.Failed, c.Since.time(now), now.Add(clockSkew)))
	if err != nil {
		return err
	}
	return s.print(tasks, columnID, columnRuntime, columnFailed, columnDuration, columnError)
}

func collect(all iter.Seq2[tasktable.Task, error]) (tasks []tasktable.Task, err error) {
	for task, err := range all {
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task)
	}
	return tasks, nil
}
