package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
)

// comparison is one invocation's work, which several workers share.
type comparison struct {
	*Handler
	request      reconciliation.Request
	since, until time.Time
	output       *bucket
	delivery     *bucket
	ranges       *ranges
	invoker      *invocation.Run
	pace         *time.Ticker
	stop         time.Time // when to take nothing new; zero is never
	requests     atomic.Int64

	mutex  sync.Mutex
	answer reconciliation.Answer
	err    error // the first
}

func newComparison(h *Handler, request reconciliation.Request, stop time.Time) *comparison {
	c := &comparison{Handler: h, request: request, ranges: newRanges(parts(request)), stop: stop}
	c.invoker = h.Invoker.Begin(h.Now)
	c.since, c.until = period(request, h.Now())
	c.output = &bucket{client: h.Source, name: h.Environment.OutputBucket, requests: &c.requests}
	c.delivery = &bucket{client: h.Destination, name: h.Environment.DeliveryBucket, requests: &c.requests}
	rate := request.RatePerSecond
	if rate == 0 {
		rate = reconciliation.DefaultRate
	}
	c.pace = time.NewTicker(time.Duration(float64(time.Second) / rate))
	c.answer.Kinds = map[reconciliation.Kind]int{}
	return c
}

// run works until nothing is left, the context ends, or a request fails. What is
// left then is in the answer.
func (c *comparison) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			w := newWorker(c)
			if err := w.work(ctx); err != nil {
				c.fail(err)
				cancel()
			}
			c.leave(w.left)
		})
	}
	all.Wait()
	c.leave(c.ranges.left())
	return c.err
}

// isOver tells whether it is time to stop.
func (c *comparison) isOver(ctx context.Context) bool {
	return ctx.Err() != nil || !c.stop.IsZero() && !time.Now().Before(c.stop)
}

// What follows guards what the workers share.

func (c *comparison) fail(err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.err == nil {
		c.err = err
	}
}

func (c *comparison) leave(parts []reconciliation.Range) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.answer.More = append(c.answer.More, parts...)
}

func (c *comparison) countObjects(all, foreign int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.answer.Objects += all
	c.answer.Foreign += foreign
}

func (c *comparison) count(f reconciliation.Finding) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.answer.Runs++
	c.answer.Kinds[f.Kind]++
	if f.Repaired {
		c.answer.Repaired++
	}
	if f.Error != "" {
		c.answer.Failed++
	}
	quiet := f.Kind == reconciliation.Agreeing || f.Kind == reconciliation.Expired
	if !quiet && len(c.answer.Findings) < reconciliation.MostFindings {
		c.answer.Findings = append(c.answer.Findings, f)
	}
}

// result is the answer, once nobody works any more.
func (c *comparison) result() reconciliation.Answer {
	c.answer.Requests, c.answer.Throttled = int(c.requests.Load()), c.invoker.Throttled()
	slices.SortFunc(c.answer.Findings, reconciliation.Finding.Compare)
	return c.answer
}
