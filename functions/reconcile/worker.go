package main

import (
	"context"

	"sdtasktracker/shared/reconciliation"
)

// maxRuns is how many runs a worker collects before it compares them. They are enough to read
// the table in few requests, and few enough to compare in a second.
const maxRuns = 200

// maxPages is how many pages a worker lists before it compares the runs that it has, even if
// they are few. After a failure, the next invocation lists those pages again.
const maxPages = 50

// worker lists ranges of the output bucket, one after another, and compares their runs in
// groups.
type worker struct {
	comparison *comparison
	delivered  *delivered
	grouper    grouper
	runs       []*run // complete, but not compared yet
	pages      int    // listed since the last comparison
	// pending has the ranges with runs that are not compared yet. The worker lists the last one.
	pending []reconciliation.Range
}

func newWorker(c *comparison) *worker {
	w := &worker{comparison: c, delivered: newDelivered(c.delivery)}
	w.grouper.complete = func(r *run) {
		if c.inPeriod(r.endedAt()) {
			w.runs = append(w.runs, r)
		}
	}
	return w
}

// work lists and compares ranges until none is left, or it is time to stop. It leaves what is
// then pending to another invocation.
func (w *worker) work(ctx context.Context) error {
	c := w.comparison
	defer func() { c.leave(w.pending) }()
	for {
		part, ok := c.ranges.take(func() bool { return c.isOver(ctx) })
		if !ok {
			return w.compare(ctx)
		}
		stopped, err := w.list(ctx, part)
		c.ranges.done()
		if err != nil || stopped {
			return err
		}
	}
}

// list lists a range. Whenever enough runs are complete, it compares them. Whenever another
// worker has nothing to do, it gives that worker a part of the range. stopped reports whether
// it had to stop before the end of the range.
func (w *worker) list(ctx context.Context, part reconciliation.Range) (stopped bool, err error) {
	w.pending = append(w.pending, part)
	for after := part.After; ; {
		p, err := w.comparison.output.list(ctx, w.prefix(), after, pageSize)
		if err != nil {
			return false, err
		}
		if more := w.group(p); !more {
			break
		}
		w.pages++
		after = p.objects[len(p.objects)-1].key
		if w.comparison.isOver(ctx) {
			return true, w.compareUpTo(ctx, after)
		}
		if err := w.share(ctx, after); err != nil { // first: a repair takes a while
			return false, err
		}
		if w.isFull() {
			if err := w.compareUpTo(ctx, after); err != nil {
				return false, err
			}
		}
	}
	w.grouper.close()
	if w.isFull() {
		return false, w.compare(ctx)
	}
	return false, nil
}

// current returns the range that the worker lists. Its beginning moves with each comparison,
// and its end with each part that the worker gives away.
func (w *worker) current() *reconciliation.Range { return &w.pending[len(w.pending)-1] }

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
	w.comparison.countObjects(all, foreign)
	return more
}

// isFull reports whether it is time to compare.
func (w *worker) isFull() bool { return len(w.runs) >= maxRuns || w.pages >= maxPages }

// compare compares the runs of all pending ranges. Afterwards none is pending.
func (w *worker) compare(ctx context.Context) error {
	if err := w.comparison.compare(ctx, w.delivered, w.runs); err != nil {
		return err
	}
	w.runs, w.pages, w.pending = w.runs[:0], 0, nil
	return nil
}

// compareUpTo compares the runs that are complete after a key of the current range. The rest
// of the range, which begins with the first incomplete run, is still pending.
func (w *worker) compareUpTo(ctx context.Context, after string) error {
	rest := reconciliation.Range{After: after, To: w.current().To}
	if len(w.grouper.open) > 0 {
		rest.After = w.grouper.open[0].name
	}
	if err := w.compare(ctx); err != nil {
		return err
	}
	w.pending = append(w.pending, rest)
	return nil
}

// share gives the upper half of the current range's rest to a worker that has nothing to do,
// if there is one.
func (w *worker) share(ctx context.Context, after string) error {
	c := w.comparison
	if !c.ranges.hungry() {
		return nil
	}
	rest := reconciliation.Range{After: after, To: w.current().To}
	lower, upper, ok, err := c.output.split(ctx, c.request.Prefix, rest)
	if err != nil {
		return err
	}
	w.current().To = lower.To
	if ok {
		c.ranges.add(upper)
	}
	return nil
}
