package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// log writes the invocation's log line and returns err.
func (h *Handler) log(
	ctx context.Context, request reconciliation.Request, answer reconciliation.Answer, err error,
) error {
	line := []slog.Attr{
		slog.Any("request", request),
		slog.Any("counts", answer.Counts),
		slog.Int("more", len(answer.More)),
	}
	if values := countsOf(answer); request.LastHours > 0 && len(values) > 0 {
		line = append(line, metrics.Attrs(h.Environment.Namespace, h.Now(), values...)...)
	}
	return function.Log(ctx, h.Log, "reconciliation", err, line...)
}

// countsOf returns the metrics of an answer that are not 0.
func countsOf(answer reconciliation.Answer) (values []metrics.Value) {
	for _, count := range []struct {
		metric metrics.Metric
		n      int
	}{
		{metrics.ReconciledRepaired, answer.Repaired},
		{metrics.ReconciledFailed, answer.Failed},
		{metrics.ReconciledMissingInTable, answer.Kinds[reconciliation.MissingInTable]},
		{metrics.ReconciledMissingImage, answer.Kinds[reconciliation.MissingImage]},
		{metrics.ReconciledRemoved, answer.Kinds[reconciliation.Removed]},
		{metrics.ReconciledDifferent, answer.Kinds[reconciliation.Different]},
		{metrics.ReconciledWithoutObjects, answer.Kinds[reconciliation.WithoutObjects]},
		{metrics.ReconciledUndecidable, answer.Kinds[reconciliation.Undecidable]},
	} {
		if count.n > 0 {
			values = append(values, count.metric.Value(float64(count.n)))
		}
	}
	return values
}

// overdue counts the tasks of one runtime that have been queued or running for too long.
type overdue struct {
	queued, running int
	// runtime and taskID are those of the first of these tasks.
	runtime, taskID string
}

// maxOverdue is how long a task counts as overdue after its last message. By then, SQS has deleted its request. The
// alarm must end, so that the next overdue task can raise it again.
const maxOverdue = 4 * 24 * time.Hour

// countOverdue writes a log line with the metrics of each runtime that has overdue tasks, queued or running. In the
// status index, it reads the entries of the overdue queued tasks and of all running tasks, but none that are older
// than maxOverdue: their number grows forever.
func (h *Handler) countOverdue(ctx context.Context) error {
	now, found := h.Now(), map[string]*overdue{}
	count := func(status announcement.Status, until time.Time, add func(*overdue)) error {
		for task, err := range h.Table.Between(ctx, status, now.Add(-maxOverdue), until) {
			if err != nil {
				return err
			}
			if status == announcement.Running && now.Sub(task.FirstStartedAt) <= tasktable.MaxRunning {
				continue
			}
			name := metrics.RuntimeValue(task.Runtime, h.Environment.Runtimes)
			if found[name] == nil {
				found[name] = &overdue{runtime: task.Runtime, taskID: task.ID}
			}
			add(found[name])
		}
		return nil
	}
	err := errors.Join(
		count(announcement.Queued, now.Add(-tasktable.MaxQueued), func(o *overdue) { o.queued++ }),
		count(announcement.Running, now.Add(tasktable.ClockSkew), func(o *overdue) { o.running++ }))
	for name, o := range found {
		line := append([]slog.Attr{slog.String("task_id", o.taskID), slog.String("runtime", o.runtime),
			slog.String(metrics.Runtime, name)},
			metrics.Attrs(h.Environment.Namespace, now,
				metrics.OverdueQueued.Value(float64(o.queued)), metrics.OverdueRunning.Value(float64(o.running)))...)
		h.Log.LogAttrs(ctx, slog.LevelInfo, "overdue", line...)
	}
	if err != nil {
		h.Log.ErrorContext(ctx, "overdue", "error", err.Error())
	}
	return err
}
