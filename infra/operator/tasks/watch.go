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
once a second, and every 15 seconds while nothing changes. If the table can't be reached, it says so and tries again
for five minutes. The exit code is 0 if all given tasks completed, 3 if one failed, 1 if the command itself failed, and
130 after Ctrl-C. With --output json, each line is an object. Ids that begin with a hyphen come after --. Examples:

    sdtasks watch 3f2c 9a41
    sdtasks watch -- -5`
}

const (
	firstPause  = time.Second
	lastPause   = 15 * time.Second
	lookTimeout = time.Minute
	// maxOutagePause is the longest pause while the table is out of reach.
	maxOutagePause = 5 * time.Second
	// lag is how long after its announcement a task may appear in the index.
	lag = 5 * time.Minute
	// maxOutage is how long the table may be out of reach.
	maxOutage = 5 * time.Minute
)

// errTaskFailed has an exit code of its own, unlike a failure of the command.
var errTaskFailed = command.Verdictf("a task failed")

// change is what was last printed of a task.
type change struct {
	updatedAt time.Time
	status    announcement.Status
}

// watcher prints the changes in a table.
type watcher struct {
	p       *output.Printer
	clock   command.Clock
	stack   *deployment.Finder
	table   *tasktable.Table // nil until it was found
	started time.Time
	seen    map[string]change // by task
	outage  time.Time         // since when the table has been out of reach; zero if it is not
}

// Run runs the subcommand.
func (c *Watch) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock,
	line command.Line,
) error {
	if p.Format == output.CSV {
		return command.Usagef("--output csv: watch prints lines of text or of JSON")
	}
	if p.Watched {
		p.Progressf("Watching; Ctrl-C ends it.\n")
	}
	w := &watcher{p: p, clock: clock, stack: stack, started: clock.Now(), seen: map[string]change{}}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		changed, ended, err := w.look(ctx, c.Tasks)
		if ctx.Err() != nil {
			return w.interrupted(ctx, c.Tasks, line)
		}
		switch waiting, err := w.waitOut(err); {
		case err != nil:
			return err
		case waiting:
			pause = min(pause, maxOutagePause)
		case ended:
			return w.result()
		case p.Err() != nil:
			return nil // the caller reports it
		case changed:
			pause = firstPause
		}
		if clock.Pause(ctx, pause) != nil {
			return w.interrupted(ctx, c.Tasks, line)
		}
	}
}

// waitOut decides about the error of a look, if there is one: a passing failure is said, and waited out.
func (w *watcher) waitOut(err error) (waiting bool, failed error) {
	now := w.clock.Now()
	switch {
	case err == nil:
		if !w.outage.IsZero() {
			w.p.Progressf("The table answers again.\n")
		}
		w.outage = time.Time{}
		return false, nil
	case !deployment.IsPassing(err):
		return false, err
	case w.outage.IsZero():
		w.outage = now
		says, _ := deployment.Diagnose(err, "")
		w.p.Progressf("The table can't be reached (%s). Trying again for %v.\n", says, maxOutage)
	case now.Sub(w.outage) >= maxOutage:
		return false, fmt.Errorf("gave up watching after %v without an answer: %w", now.Sub(w.outage).Round(time.Second), err)
	}
	return true, nil
}

// interrupted ends a watch early.
func (w *watcher) interrupted(ctx context.Context, ids []string, line command.Line) error {
	if len(ids) == 0 {
		return context.Cause(ctx)
	}
	ended := 0
	for _, last := range w.seen {
		if last.status.Terminal() {
			ended++
		}
	}
	done := fmt.Sprintf("%d of %s ended", ended, output.Count(len(ids), "task"))
	return &command.StoppedError{Err: context.Canceled, Done: done, Resume: line}
}

// look prints what has changed of the tasks, or of all. It reports whether something has, and whether all have ended.
func (w *watcher) look(ctx context.Context, ids []string) (changed, ended bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout) // a connection may be dead without an error
	defer cancel()
	if w.table == nil {
		d, err := w.stack.FindTable(ctx)
		if err != nil {
			return false, false, err
		}
		w.table = d.Table()
	}
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
		changed = w.note(id, newView(details, w.clock.Now())) || changed
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
	tasks, err := collect(w.table.NewestFirst(ctx, tasktable.Selection{
		Statuses: tasktable.Statuses, Since: since, Until: now.Add(tasktable.ClockSkew)}))
	if err != nil {
		return false, err
	}
	for id, last := range w.seen { // it is not read again
		if last.updatedAt.Before(since) {
			delete(w.seen, id)
		}
	}
	for _, task := range slices.Backward(tasks) {
		changed = w.note(task.ID, newView(tasktable.Details{Task: task}, now)) || changed
	}
	return changed, nil
}

// note prints a task, and reports true, if the task is news. The index may still show an older state.
func (w *watcher) note(id string, v view) (news bool) {
	task := v.details.Task
	last, now := w.seen[id], change{task.UpdatedAt, task.Status}
	if task.Status == "" || now == last || now.updatedAt.Before(last.updatedAt) {
		return false
	}
	w.seen[id] = now
	if w.p.Format == output.JSON {
		w.p.PrintLine(v)
		return true
	}
	line := fmt.Sprintf("%s  %-9v  %s", w.p.Time(task.UpdatedAt), w.p.Cell(task.Status), output.Escape(task.ID))
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
