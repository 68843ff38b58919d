package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"sdtasktracker/infra/report"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// watch is the subcommand that prints what changes.
type watch struct {
	Tasks []string `arg:"" optional:"" name:"task" help:"The tasks' ids; without any, all tasks."`
}

// Help is the rest of the help text.
func (watch) Help() string {
	return `It prints a line for each change of a status, until you press Ctrl-C or all given tasks have ended. It looks
once a second, and every 15 seconds when nothing changes. The exit code is 0 if all given tasks completed, and 1 if
one failed. With --output json, each line is an object. Example:

    sdtasks watch 3f2c 9a41`
}

const (
	firstPause = time.Second
	lastPause  = 15 * time.Second
	// lag is how long after its publication a task may appear in the index.
	lag = 5 * time.Minute
)

// errTaskFailed makes the command exit with status 1.
var errTaskFailed = errors.New("a task failed")

// change is the newest announcement of a task that was printed.
type change struct {
	updatedAt time.Time
	status    announcement.Status
}

// watcher watches a table.
type watcher struct {
	*session
	table   *tasktable.Table
	started time.Time
	seen    map[string]change
}

// Run runs the subcommand.
func (c *watch) Run(ctx context.Context, s *session) error {
	if s.Output == "csv" {
		return usageError{errors.New("--output csv: watch prints lines of text or of JSON")}
	}
	table, err := s.table(ctx)
	if err != nil {
		return err
	}
	w := &watcher{s, table, s.now(), map[string]change{}}
	look := w.lookAtAll
	if len(c.Tasks) > 0 {
		look = func(ctx context.Context) (bool, bool, error) { return w.lookAt(ctx, c.Tasks) }
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		changed, done, err := look(ctx)
		switch {
		case ctx.Err() != nil: // Ctrl-C
			return w.interrupted(c.Tasks)
		case err != nil:
			return err
		case done:
			return w.result()
		case changed:
			pause = firstPause
		}
		if !s.pause(ctx, pause) {
			return w.interrupted(c.Tasks)
		}
	}
}

// lookAt prints the changes of tasks, and tells whether all have ended.
func (w *watcher) lookAt(ctx context.Context, ids []string) (changed, done bool, err error) {
	done = true
	for _, id := range ids {
		if w.seen[id].status.Terminal() {
			continue
		}
		task, err := w.table.Get(ctx, id)
		if errors.Is(err, tasktable.ErrNotFound) { // it may be announced yet
			done = false
			continue
		}
		if err != nil {
			return false, false, err
		}
		news, err := w.note(id, task)
		if err != nil {
			return false, false, err
		}
		changed = changed || news
		done = done && task.Status.Terminal()
	}
	return changed, done, nil
}

// lookAtAll prints the changes of all tasks since the start, oldest first.
func (w *watcher) lookAtAll(ctx context.Context) (changed, done bool, err error) {
	now := w.now()
	since := now.Add(-lag)
	if since.Before(w.started) {
		since = w.started
	}
	var tasks []tasktable.Task
	for _, status := range statuses {
		found, err := collect(w.table.Between(ctx, status, since, now.Add(clockSkew)))
		if err != nil {
			return false, false, err
		}
		tasks = append(tasks, found...)
	}
	slices.SortStableFunc(tasks, func(x, y tasktable.Task) int { return x.UpdatedAt.Compare(y.UpdatedAt) })
	for id, last := range w.seen { // what is older will not be read again
		if last.updatedAt.Before(since) {
			delete(w.seen, id)
		}
	}
	for _, task := range tasks {
		news, err := w.note(task.ID, task)
		if err != nil {
			return false, false, err
		}
		changed = changed || news
	}
	return changed, false, nil
}

// note prints a task if it is news. The index may still show what is older.
func (w *watcher) note(id string, task tasktable.Task) (news bool, err error) {
	last, now := w.seen[id], change{task.UpdatedAt, task.Status}
	if task.Status == "" || now == last || now.updatedAt.Before(last.updatedAt) {
		return false, nil
	}
	w.seen[id] = now
	if w.Output == "json" {
		line, err := json.Marshal(newDocument(task, w.now()))
		if err == nil {
			_, err = fmt.Fprintln(w.out, escapeJSON(line))
		}
		return true, err
	}
	_, err = fmt.Fprintf(w.out, "%s  %-9v  %s", report.Clock(task.UpdatedAt), w.cell(task.Status), escape(task.ID))
	for _, more := range []string{task.Runtime, task.Error} {
		if more != "" && err == nil {
			_, err = fmt.Fprint(w.out, "  ", escape(more))
		}
	}
	fmt.Fprintln(w.out)
	return true, err
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

// interrupted ends a watch early, which is an error only if it waits for tasks.
func (w *watcher) interrupted(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return errors.New("interrupted before all tasks have ended")
}
