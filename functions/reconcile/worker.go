package main

import (
	"context"
	"strings"

	"sdtasktracker/shared/reconciliation"
)

// mostRuns is how many runs a worker keeps before it compares them: enough for the
// table to be read in few requests, and few enough to be done in a second.
const mostRuns = 200

// mostPages is after how many pages a worker compares the runs that it has, if few
// ended in the period: what it has not compared, another invocation lists again.
const mostPages = 50

// worker lists parts of the bucket, and compares their runs in groups.
type worker struct {
	*comparison
	delivered *delivered
	copies    string // what keys of copies in the output bucket begin with; "" for none
	grouper   grouper
	runs      []*run // to compare
	pages     int    // since the last comparison
	// listed are the parts whose runs are, in part, still to compare; part is what
	// is left of the current one.
	listed []reconciliation.Range
	part   reconciliation.Range
	// left is what the worker did not get to.
	left []reconciliation.Range
}

func newWorker(c *comparison) *worker {
	w := &worker{comparison: c, delivered: &delivered{bucket: c.delivery}, copies: c.copies()}
	w.grouper.complete = w.keep
	return w
}

// work takes parts until there are none, or it is over. left is what to continue
// with.
func (w *worker) work(ctx context.Context) error {
	for {
		part, ok := w.ranges.take(func() bool { return w.isOver(ctx) })
		if !ok {
			err := w.compare(ctx)
			if err != nil {
				w.left = append(w.left, w.listed...)
			}
			return err
		}
		err := w.list(ctx, part)
		w.ranges.done()
		if err != nil {
			w.left = append(w.left, w.listed...)
			if w.part != nothing {
				w.left = append(w.left, w.part)
			}
			return err
		}
	}
}

// nothing is a range without keys.
var nothing = reconciliation.Range{After: "\x00", To: "\x00"}

// share splits what is left of the part after a key, for workers without one.
func (w *worker) share(ctx context.Context, after string) error {
	lower, upper, ok, err := w.output.split(ctx, w.request.Prefix, reconciliation.Range{After: after, To: w.part.To})
	if err != nil {
		return err
	}
	w.part.To = lower.To
	if ok {
		w.ranges.add(upper)
	}
	return nil
}

// list goes through a part, and shares it with workers that have none.
func (w *worker) list(ctx context.Context, part reconciliation.Range) error {
	w.part = part
	for after := part.After; ; {
		p, err := w.output.list(ctx, longer(w.request.Prefix, commonPrefix(w.part)), after, pageSize)
		if err != nil {
			return err
		}
		if more := w.group(p); !more {
			break
		}
		after = p.objects[len(p.objects)-1].key
		if w.isOver(ctx) {
			return w.stopAfter(ctx, after)
		}
		if err := w.compareIfFull(ctx, after); err != nil {
			return err
		}
		if w.ranges.hungry() {
			if err := w.share(ctx, after); err != nil {
				return err
			}
		}
	}
	w.grouper.close()
	w.listed, w.part = append(w.listed, w.part), nothing
	if len(w.runs) < mostRuns {
		return nil
	}
	return w.compare(ctx)
}

// stopAfter compares what is complete, and leaves the rest of the part.
func (w *worker) stopAfter(ctx context.Context, after string) error {
	if err := w.compareUpTo(ctx, after); err != nil {
		return err
	}
	w.left, w.part = append(w.left, w.part), nothing
	return nil
}

// group puts the objects of a page to runs, as far as the part goes; more tells
// whether the part goes on.
func (w *worker) group(p page) (more bool) {
	all, foreign := 0, 0
	defer func() { w.countObjects(all, foreign) }()
	for _, o := range p.objects {
		if w.part.To != "" && o.key > w.part.To {
			return false
		}
		if w.copies != "" && strings.HasPrefix(o.key, w.copies) {
			continue
		}
		all++
		if !w.grouper.add(o) {
			foreign++
		}
	}
	return p.more
}

// keep keeps a run to compare, if it ended in the period.
func (w *worker) keep(r *run) {
	if ended := r.endedAt(); ended.Before(w.since) || !ended.Before(w.until) {
		return
	}
	w.runs = append(w.runs, r)
}

// compareIfFull compares the runs that are complete after a key, if there are
// enough. What is left of the part then begins at the first run that is not.
func (w *worker) compareIfFull(ctx context.Context, after string) error {
	if w.pages++; len(w.runs) < mostRuns && w.pages < mostPages {
		return nil
	}
	return w.compareUpTo(ctx, after)
}

func (w *worker) compareUpTo(ctx context.Context, after string) error {
	if err := w.compare(ctx); err != nil {
		return err
	}
	w.pages = 0
	w.part.After = after
	if len(w.grouper.open) > 0 {
		w.part.After = w.grouper.open[0].name
	}
	return nil
}
