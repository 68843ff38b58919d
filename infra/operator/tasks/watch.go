package tasks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Watch is the subcommand that prints status changes.
type Watch struct {
	Tasks []string `arg:"" optional:"" name:"task" help:"The tasks' ids; without any, all tasks."`
}

// Help is the rest of the help text.
func (Watch) Help() string {
	return `watch prints a line for each change of a status, until you press Ctrl-C or all given tasks have ended. It
polls every second, and every 15 seconds while nothing changes. If the table can't be reached, it says so and retries
for five minutes. The exit code is 0 if all given tasks completed, 3 if a task failed, 1 if the command itself failed,
and 130 after Ctrl-C. With --output json, each line is an object. Put ids that begin with a hyphen after --. Examples:

    sdtasks watch 3f2c 9a41
    sdtasks watch -- -5`
}

const (
	firstPause  = time.Second
	lastPause   = 15 * time.Second
	lookTimeout = time.Minute
	// lag is how long after its announcement a task may still appear in the index.
	lag = 5 * time.Minute
	// maxOutage is how long watch retries while the table can't be reached.
	maxOutage = 5 * time.Minute
)

// change is the last printed state of a task.
type change struct {
	updatedAt time.Time
	status    announcement.Status
}

// watcher prints the changes in a table.
type watcher struct {
	p       *output.Printer
	clock   command.Clock
	stack   *deployment.Finder
	line    command.Line
	table   *tasktable.Table // nil until the stack is found
	started time.Time
	seen    map[string]change // by task
	outage  time.Time         // when the current outage began; zero without an outage
}

// Run runs the subcommand.
func (c *Watch) Run(
	ctx context.Context, p *output.Printer, stack *deployment.Finder, clock command.Clock, line command.Line,
) error {
	if p.Format == output.CSV {
		return command.Usagef("--output csv does not work with watch: choose table or json")
	}
	if p.Watched {
		p.Progressf("Watching; Ctrl-C ends it.\n")
	}
	w := &watcher{p: p, clock: clock, stack: stack, line: line, started: clock.Now(), seen: map[string]change{}}
	return w.watch(ctx, c.Tasks)
}

// watch prints the changes of the given tasks until all have ended. Without ids, it prints the changes of all tasks.
func (w *watcher) watch(ctx context.Context, ids []string) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		news, err := w.look(ctx, ids)
		if ctx.Err() != nil {
			return w.interrupted(ctx, ids)
		}
		if err := w.waitOut(err); err != nil {
			return err
		}
		if ended, failed := w.count(ids); ended > 0 && ended == len(ids) {
			if failed > 0 {
				return command.Verdictf("a task failed")
			}
			return nil
		}
		if w.p.Err() != nil {
			return nil // the caller reports it
		}
		if news {
			pause = firstPause
		}
		if w.clock.Pause(ctx, pause) != nil {
			return w.interrupted(ctx, ids)
		}
	}
}

// interrupted ends a watch early. It says how many of the given tasks have ended.
func (w *watcher) interrupted(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return ctx.Err()
	}
	ended, _ := w.count(ids)
	return &command.StoppedError{
		Err: ctx.Err(), Done: fmt.Sprintf("%d of %s ended", ended, output.Count(len(ids), "task")), Resume: w.line}
}

// look prints the changes since the last look, and reports whether something has changed.
func (w *watcher) look(ctx context.Context, ids []string) (news bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout) // a connection may be dead without an error
	defer cancel()
	if w.table == nil {
		d, err := w.stack.FindTable(ctx)
		if err != nil {
			return false, err
		}
		w.table = d.Table()
	}
	if len(ids) == 0 {
		return w.lookAtAll(ctx)
	}
	for _, id := range ids {
		if w.seen[id].status.Terminal() {
			continue
		}
		details, err := w.table.Details(ctx, id)
		switch {
		case err == nil:
			news = w.note(id, newView(details, w.clock.Now())) || news
		case !errors.Is(err, tasktable.ErrNotFound): // a missing task may still be announced
			return news, err
		}
	}
	return news, nil
}

// lookAtAll prints the changes of all tasks since the start, oldest first.
func (w *watcher) lookAtAll(ctx context.Context) (news bool, err error) {
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
	maps.DeleteFunc(w.seen, func(_ string, last change) bool { return last.updatedAt.Before(since) }) // not read again
	for _, task := range slices.Backward(tasks) {
		news = w.note(task.ID, newView(tasktable.Details{Task: task}, now)) || news
	}
	return news, nil
}

// note prints a task if its state is new, and reports whether it is. The index may still show an older state.
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

// waitOut returns the error of a look, unless it may pass. It says when an outage begins and ends, and gives up after
// maxOutage.
func (w *watcher) waitOut(err error) error {
	now := w.clock.Now()
	switch {
	case err == nil && w.outage.IsZero():
	case err == nil:
		w.p.Progressf("The table answers again.\n")
		w.outage = time.Time{}
	case !deployment.IsPassing(err):
		return err
	case w.outage.IsZero():
		says, _ := deployment.Diagnose(err, "")
		w.p.Progressf("The table can't be reached (%s). Trying again for %v.\n", says, maxOutage)
		w.outage = now
	case now.Sub(w.outage) >= maxOutage:
		return fmt.Errorf("gave up watching after %v without an answer: %w", now.Sub(w.outage).Round(time.Second), err)
	}
	return nil
}

// count returns how many of the tasks have ended, and how many of these failed.
func (w *watcher) count(ids []string) (ended, failed int) {
	for _, id := range ids {
		switch w.seen[id].status {
		case announcement.Failed:
			failed++
			ended++
		case announcement.Completed:
			ended++
		}
	}
	return ended, failed
}
