package main

import (
	"context"
	"slices"
	"strings"
	"sync"

	"sdtasktracker/shared/tasktable"
)

// concurrency is how many raw outputs are read, or runs repaired, at once, by each
// worker.
const concurrency = 8

// compare compares the runs that a worker has kept, and repairs them if that is
// asked for. After an error, some of them may have been repaired.
func (w *worker) compare(ctx context.Context) error {
	verdicts, err := w.judge(ctx)
	if err != nil {
		return err
	}
	err = each(verdicts, func(v *verdict) error {
		if w.request.Repair && (v.record || v.deliver) {
			if err := w.repair(ctx, v); err != nil {
				return err
			}
		}
		w.count(v.finding)
		return nil
	})
	if err != nil {
		return err
	}
	w.runs, w.listed = w.runs[:0], nil
	return nil
}

func (w *worker) judge(ctx context.Context) ([]*verdict, error) {
	tasks, err := w.readTasks(ctx)
	if err != nil {
		return nil, err
	}
	verdicts := make([]*verdict, 0, len(w.runs))
	for _, r := range w.runs {
		v := newVerdict(r)
		v.task = tasks[r.taskID]
		verdicts = append(verdicts, v)
	}
	if err := each(verdicts, func(v *verdict) error { return w.identify(ctx, v) }); err != nil {
		return nil, err
	}
	for _, v := range verdicts {
		if v.known == tasktable.Shown || v.known == tasktable.Superseded {
			if err := w.compareDelivery(ctx, v); err != nil {
				return nil, err
			}
		}
	}
	return verdicts, w.findAbsent(ctx, verdicts)
}

// readTasks reads what the table has of the runs' tasks.
func (w *worker) readTasks(ctx context.Context) (map[string]tasktable.State, error) {
	var ids []string
	for _, r := range w.runs {
		if r.taskID != "" {
			ids = append(ids, r.taskID)
		}
	}
	slices.Sort(ids)
	tasks := map[string]tasktable.State{}
	for some := range slices.Chunk(slices.Compact(ids), tasktable.MostInBatch) {
		w.requests.Add(1)
		found, err := w.Table.Batch(ctx, some)
		if err != nil {
			return nil, err
		}
		for id, task := range found {
			tasks[id] = task
		}
	}
	return tasks, nil
}

// findAbsent looks for the runs that the table shows and that are not among those
// compared.
func (w *worker) findAbsent(ctx context.Context, verdicts []*verdict) error {
	shown := map[string]bool{}
	for _, v := range verdicts {
		shown[v.taskID] = shown[v.taskID] || v.known == tasktable.Shown
	}
	for _, v := range verdicts {
		if shown[v.taskID] || v.task.OutputURL == "" {
			continue
		}
		shown[v.taskID] = true
		finding, err := w.absent(ctx, v.task)
		if err != nil {
			return err
		}
		if finding != nil {
			w.count(*finding)
		}
	}
	return nil
}

// runOf is the run whose raw output the publisher says is at a URL.
func (w *worker) runOf(url string) (name string, ok bool) {
	key, ok := strings.CutPrefix(url, w.uri(""))
	if !ok || !strings.HasPrefix(key, w.request.Prefix) {
		return "", false
	}
	return strings.CutSuffix(key, ".out")
}

// each calls a function for all, several at a time, and returns the first error.
func each(verdicts []*verdict, do func(*verdict) error) error {
	slots := make(chan struct{}, concurrency)
	errs := make(chan error, len(verdicts))
	var all sync.WaitGroup
	for _, v := range verdicts {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if err := do(v); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	close(errs)
	return <-errs
}
