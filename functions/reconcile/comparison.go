package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
)

// comparison is one invocation's work, which several workers share. It is safe for concurrent
// use.
type comparison struct {
	handler        *Handler
	request        reconciliation.Request
	since, settled time.Time // see period
	output         *bucket
	delivery       *bucket
	workers        *errgroup.Group
	invoker        *invocation.Run
	stop           time.Time // when to stop listing; zero for never
	requests       atomic.Int64

	mutex  sync.Mutex // guards answer
	answer reconciliation.Answer
}

func newComparison(h *Handler, request reconciliation.Request, stop time.Time) *comparison {
	rate := cmp.Or(request.RatePerSecond, reconciliation.DefaultRate)
	c := &comparison{
		handler: h, request: request, invoker: h.Invoker.Begin(h.Now, rate), stop: stop, workers: &errgroup.Group{},
	}
	c.answer.Kinds = map[reconciliation.Kind]int{}
	c.since, c.settled = period(request, h.Now())
	c.output = &bucket{client: h.Source, name: h.Environment.OutputBucket, requests: &c.requests}
	c.delivery = &bucket{client: h.Destination, name: h.Environment.DeliveryBucket, requests: &c.requests}
	return c
}

// run compares until nothing is left, it is time to stop, or a request fails. The answer has the
// ranges that are left.
func (c *comparison) run(ctx context.Context) error {
	all := slices.Clone(parts(c.request)) // workers change theirs
	c.workers, ctx = errgroup.WithContext(ctx)
	c.workers.SetLimit(workers)
	for some := range slices.Chunk(all, (len(all)+workers-1)/workers) {
		c.workers.Go(func() error { return newWorker(c, some).work(ctx) })
	}
	return c.workers.Wait()
}

// result returns the answer. Call it only after run has returned.
func (c *comparison) result() reconciliation.Answer {
	c.answer.Requests, c.answer.Throttled = int(c.requests.Load()), c.invoker.Throttled()
	slices.SortFunc(c.answer.Findings, reconciliation.Finding.Compare)
	slices.SortFunc(c.answer.More, func(x, y reconciliation.Range) int { return cmp.Compare(x.After, y.After) })
	return c.answer
}

// update changes the answer, which the workers share.
func (c *comparison) update(change func(*reconciliation.Answer)) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change(&c.answer)
}

// count adds a run to the answer.
func (c *comparison) count(f reconciliation.Finding) {
	if c.isPending(f) {
		f.Kind = reconciliation.Pending
	}
	c.update(func(a *reconciliation.Answer) {
		a.Runs++
		a.Kinds[f.Kind]++
		if f.Repaired {
			a.Repaired++
		}
		if f.Error != "" {
			a.Failed++
		}
		if !f.Kind.Quiet() && len(a.Findings) < reconciliation.MaxFindings {
			a.Findings = append(a.Findings, f)
		}
	})
}

// isOver reports whether it is time to stop.
func (c *comparison) isOver(ctx context.Context) bool {
	return ctx.Err() != nil || !c.stop.IsZero() && !time.Now().Before(c.stop)
}

// inPeriod reports whether the request includes runs that ended at this time.
func (c *comparison) inPeriod(ended time.Time) bool {
	until := c.request.Until
	return !ended.Before(c.since) && (until.IsZero() || ended.Before(until))
}

// isPending reports whether a run that doesn't agree ended so recently that Lambda may still
// record and deliver it.
func (c *comparison) isPending(f reconciliation.Finding) bool {
	return f.Kind != reconciliation.Agreeing && !f.EndedAt.Before(c.settled)
}

// isCopy reports whether a key of the output bucket belongs to a copy.
func (c *comparison) isCopy(key string) bool {
	folder, here := c.handler.copies()
	return here && strings.HasPrefix(key, folder)
}

// uri returns an object's URI in the output bucket, as the guidance writes it.
func (c *comparison) uri(key string) string { return "s3://" + c.output.name + "/" + key }
