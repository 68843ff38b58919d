package tasks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Watch is the subcommand that prints what changes.
type Watch struct {
	Tasks []string `arg:"" optional:"" name:"task" help:"The tasks' ids; without any, all tasks."`
}

// Help is the rest of the help text.
func (Watch) Help() string {
	return `It prints a line for each change of a status, until you press Ctrl-C or all given tasks have ended. It looks
once a second, and every 15 seconds while nothing changes. The exit code is 0 if all given tasks completed, and 1 if
one failed. With --output json, each line is an object. Example:

    sdtasks watch 3f2c 9a41`
}

const (
	firstPause = time.Second
	lastPause  = 15 * time.Second
	// lag is how long after its announcement a task may appear in the index.
	lag = 5 * time.Minute
)

// errTaskFailed makes the command exit with status 1.
var errTaskFailed = errors.New("a task failed")

// change is what was last printed of a task.
type change struct {
	updatedAt time.Time
	status    announcement.Status
}

// watcher prints the changes in a table.
type watcher struct {
	p       *output.Printer
	clock   command.Clock
	table   *tasktable.Table
	started time.Time
	seen    map[string]change // by task
}

// Run runs the subcommand.
func (c *Watch) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock) error {
	if p.Format == output.CSV {
		return command.Usagef("--output csv: watch prints lines of text or of JSON")
	}
	d, err := stack.FindTable(ctx)
	if err != nil {
		return err
	}
	w := &watcher{p: p, clock: clock, table: d.Table(), started: clock.Now(), seen: map[string]change{}}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		changed, ended, err := w.look(ctx, c.Tasks)
		switch {
		case ctx.Err() != nil: // Ctrl-C
			return c.interrupted()
		case err != nil:
			return err
		case ended:
			return w.result()
		case p.Err() != nil:
			return nil // the caller reports it
		case changed:
			pause = firstPause
		}
		if !clock.Pause(ctx, pause) {
			return c.interrupted()
		}
	}
}

// interrupted ends a watch early, which is an error only if it waits for tasks.
func (c *Watch) interrupted() error {
	if len(c.Tasks) == 0 {
		return nil
	}
	return errors.New("interrupted before all tasks have ended")
}

// look prints what has changed of the tasks, or of all. It reports whether something has, and whether all have ended.
func (w *watcher) look(ctx context.Context, ids []string) (changed, ended bool, err error) {
	if len(ids) == 0 {
		changed, err = w.lookAtAll(ctx)
		return changed, false, err
	}
	ended = true
	for _, id := range ids {
		if w.seen[id].status.Terminal() {
			continue
		}
		details, err := w.table.Details(ctx, id)
		if errors.Is(err, tasktable.ErrNotFound) { // it may still be announced
			ended = false
			continue
		}
		if err != nil {
			return false, false, err
		}
		changed = w.note(id, newDetailedView(details, w.clock.Now())) || changed
		ended = ended && details.Task.Status.Terminal()
	}
	return changed, ended, nil
}

// lookAtAll prints the changes of all tasks since the start, oldest first.
func (w *watcher) lookAtAll(ctx context.Context) (changed bool, err error) {
	now := w.clock.Now()
	since := now.Add(-lag)
	if since.Before(w.started) {
		since = w.started
	}
	tasks, err := collect(w.table.NewestFirst(ctx, tasktable.Statuses, since, now.Add(tasktable.ClockSkew)))
	if err != nil {
		return false, err
	}
	for id, last := range w.seen { // it is not read again
		if last.updatedAt.Before(since) {
			delete(w.seen, id)
		}
	}
	for _, task := range slices.Backward(tasks) {
		changed = w.note(task.ID, newView(task, now)) || changed
	}
	return changed, nil
}

// note prints a task, and reports true, if the task is news. The index may still show an older state.
func (w *watcher) note(id string, v view) (news bool) {
	task := v.task
	last, now := w.seen[id], change{task.UpdatedAt, task.Status}
	if task.Status == "" || now == last || now.updatedAt.Before(last.updatedAt) {
		return false
	}
	w.seen[id] = now
	if w.p.Format == output.JSON {
		w.p.PrintLine(v)
		return true
	}
	line := fmt.Sprintf("%s  %-9v  %s", output.Clock(task.UpdatedAt), w.p.Cell(task.Status), output.Escape(task.ID))
	for _, more := range []string{task.Runtime, task.Error} {
		if more != "" {
			line += "  " + output.Escape(more)
		}
	}
	w.p.Printf("%s\n", line)
	return true
}

// result is what became of the given tasks.
func (w *watcher) result() error {
	for _, last := range w.seen {
		if last.status == announcement.Failed {
			return errTaskFailed
		}
	}
	return nil
}
