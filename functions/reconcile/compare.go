package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// concurrency is how many raw outputs each worker reads, or how many runs it repairs, at the same time.
const concurrency = 8

// compare compares runs, and repairs them if the request says so. After an error, some of the
// runs may have been repaired.
func (c *comparison) compare(ctx context.Context, d *delivered, runs []*run) error {
	verdicts, err := c.judge(ctx, d, runs)
	if err != nil {
		return err
	}
	return each(verdicts, func(v *verdict) error {
		if c.request.Repair && len(v.missedBy) > 0 && !c.isPending(v.finding) {
			if err := c.repair(ctx, v); err != nil {
				return err
			}
		}
		c.count(v.finding)
		return nil
	})
}

func (c *comparison) judge(ctx context.Context, d *delivered, runs []*run) ([]*verdict, error) {
	tasks, err := c.readTasks(ctx, runs)
	if err != nil {
		return nil, err
	}
	var verdicts []*verdict
	for _, r := range runs {
		verdicts = append(verdicts, newVerdict(r, tasks[r.taskID]))
	}
	if err := each(verdicts, func(v *verdict) error { return c.identify(ctx, v) }); err != nil {
		return nil, err
	}
	for _, v := range verdicts {
		if err := c.compareDelivery(ctx, d, v); err != nil {
			return nil, err
		}
	}
	return verdicts, c.findAbsent(ctx, verdicts)
}

// readTasks returns the items of the runs' tasks, by task ID.
func (c *comparison) readTasks(ctx context.Context, runs []*run) (map[string]tasktable.Details, error) {
	var ids []string
	for _, r := range runs {
		if r.taskID != "" {
			ids = append(ids, r.taskID)
		}
	}
	slices.Sort(ids)
	tasks := map[string]tasktable.Details{}
	contexts := c.handler.Table.Requests || delivery.NeedsContext(c.handler.Environment.DeliveryPrefix)
	for some := range slices.Chunk(slices.Compact(ids), tasktable.MaxInBatch) {
		c.requests.Add(1)
		found, err := c.handler.Table.Batch(ctx, some, contexts)
		if err != nil {
			return nil, err
		}
		for id, task := range found {
			tasks[id] = task
		}
	}
	return tasks, nil
}

// findAbsent looks for runs that the table shows, but the verdicts lack.
func (c *comparison) findAbsent(ctx context.Context, verdicts []*verdict) error {
	found := map[string]bool{} // by task id
	for _, v := range verdicts {
		found[v.run.taskID] = found[v.run.taskID] || v.known == tasktable.Shown
	}
	for _, v := range verdicts {
		if found[v.run.taskID] {
			continue
		}
		found[v.run.taskID] = true
		if err := c.reportAbsent(ctx, v.task); err != nil {
			return err
		}
	}
	return nil
}

// reportAbsent counts the run that the table shows for a task, if the output bucket has none of
// the run's objects. Reconcile notices such a run only if the task has other runs.
func (c *comparison) reportAbsent(ctx context.Context, task tasktable.Task) error {
	key, ours := strings.CutPrefix(task.OutputURL, c.uri(""))
	run, isOutput := strings.CutSuffix(key, ".out")
	if !ours || !isOutput || !strings.HasPrefix(key, c.request.Prefix) || !c.inPeriod(task.FinishedAt) {
		return nil
	}
	p, err := c.output.list(ctx, run, "", 1)
	if err != nil || len(p.objects) > 0 {
		return err
	}
	c.count(reconciliation.Finding{
		Kind: reconciliation.WithoutObjects, TaskID: task.ID, Run: run, EndedAt: task.FinishedAt,
		Reason: fmt.Sprintf("none of its objects exists, nor does %s.out", run),
	})
	return nil
}

// each calls do for all verdicts, several at a time, and returns the first error.
func each(verdicts []*verdict, do func(*verdict) error) error {
	var all errgroup.Group
	all.SetLimit(concurrency)
	for _, v := range verdicts {
		all.Go(func() error { return do(v) })
	}
	return all.Wait()
}
