package main

import (
	"context"

	"sdtasktracker/shared/reconciliation"
)

// maxRuns is how many runs a worker collects before it compares them: enough to read the table in
// few requests, but few enough to compare in a second.
const maxRuns = 200

// worker lists ranges of the output bucket, one after another, and compares their runs in
// groups.
type worker struct {
	comparison *comparison
	delivered  *delivered
	grouper    grouper
	runs       []*run // complete, but not compared yet
	// ranges are first the listed ranges, whose runs are not compared yet, then the range that the
	// worker is listing, and then the ranges that it will list.
	ranges []reconciliation.Range
	listed int // how many of the ranges are listed completely
}

func newWorker(c *comparison, ranges []reconciliation.Range) *worker {
	w := &worker{comparison: c, delivered: newDelivered(c.delivery), ranges: ranges}
	w.grouper.complete = func(r *run) {
		if c.inPeriod(r.endedAt()) {
			w.runs = append(w.runs, r)
		}
	}
	return w
}

// work lists and compares ranges until none is left, or it is time to stop. It adds the
// remaining ranges to the answer, for another invocation.
func (w *worker) work(ctx context.Context) error {
	defer w.comparison.update(func(a *reconciliation.Answer) { a.More = append(a.More, w.ranges...) })
	for w.listed < len(w.ranges) && !w.comparison.isOver(ctx) {
		stopped, err := w.list(ctx)
		if err != nil || stopped {
			return err
		}
		w.listed++
	}
	return w.compare(ctx)
}

// list lists the current range. Whenever enough runs are complete, it compares them. Whenever a
// worker is free, it gives a part of the range to a new worker. stopped reports whether list had
// to stop before the end of the range.
func (w *worker) list(ctx context.Context) (stopped bool, err error) {
	for after := w.current().After; ; {
		p, err := w.comparison.output.list(ctx, w.prefix(), after, pageSize)
		if err != nil {
			return false, err
		}
		if more := w.group(p); !more {
			w.grouper.close()
			return false, nil
		}
		after = p.objects[len(p.objects)-1].key
		if w.comparison.isOver(ctx) {
			return true, w.compareUpTo(ctx, after)
		}
		if err := w.share(ctx, after); err != nil { // first: a repair takes a while
			return false, err
		}
		if len(w.runs) >= maxRuns {
			if err := w.compareUpTo(ctx, after); err != nil {
				return false, err
			}
		}
	}
}

// current returns the range that the worker is listing. Its beginning moves with each
// comparison, and its end with each part that the worker gives away.
func (w *worker) current() *reconciliation.Range { return &w.ranges[w.listed] }

// prefix returns a prefix of all keys in the current range.
func (w *worker) prefix() string { return prefixOf(*w.current(), w.comparison.request.Prefix) }

// group adds the objects of a page to their runs. more reports whether the range goes on after
// the page.
func (w *worker) group(p page) (more bool) {
	more = p.more
	all, foreign, end := 0, 0, w.current().To
	for _, o := range p.objects {
		if end != "" && o.key > end {
			more = false
			break
		}
		if w.comparison.isCopy(o.key) {
			continue
		}
		all++
		if !w.grouper.add(o) {
			foreign++
		}
	}
	w.comparison.update(func(a *reconciliation.Answer) { a.Objects, a.Foreign = a.Objects+all, a.Foreign+foreign })
	return more
}

// compare compares the collected runs, and drops the listed ranges.
func (w *worker) compare(ctx context.Context) error {
	if err := w.comparison.compare(ctx, w.delivered, w.runs); err != nil {
		return err
	}
	w.runs, w.ranges, w.listed = w.runs[:0], w.ranges[w.listed:], 0
	return nil
}

// compareUpTo compares the runs that are complete once the current range is listed up to a key.
// The rest of the range begins with the first incomplete run.
func (w *worker) compareUpTo(ctx context.Context, after string) error {
	if err := w.compare(ctx); err != nil {
		return err
	}
	w.current().After = after
	if len(w.grouper.open) > 0 {
		w.current().After = w.grouper.open[0].name
	}
	return nil
}

// share starts another worker with the upper half of the current range's rest, unless all
// workers are busy.
func (w *worker) share(ctx context.Context, after string) error {
	c, upper := w.comparison, make(chan reconciliation.Range, 1)
	defer close(upper)
	if !c.workers.TryGo(func() error {
		part, ok := <-upper
		if !ok {
			return nil
		}
		return newWorker(c, []reconciliation.Range{part}).work(ctx)
	}) {
		return nil
	}
	lower, other, ok, err := c.output.split(ctx, c.request.Prefix, reconciliation.Range{After: after, To: w.current().To})
	if err != nil {
		return err
	}
	w.current().To = lower.To
	if ok {
		upper <- other
	}
	return nil
}
