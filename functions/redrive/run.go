package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/invocation"
)

// run is one invocation's work.
type run struct {
	*Handler
	request   deadletter.Request
	selection *deadletter.Selection
	pace      *time.Ticker // nil without a rate
	invoker   *invocation.Run

	mutex  sync.Mutex
	answer deadletter.Answer
}

func newRun(h *Handler, request deadletter.Request) *run {
	r := &run{
		Handler: h, request: request,
		selection: deadletter.NewSelection(request, request.Limit(), h.Now),
		invoker:   h.Invoker.Begin(h.Now),
		answer:    deadletter.Answer{Queues: map[deployment.Queue]*deadletter.Counts{}},
	}
	if request.RatePerSecond > 0 {
		r.pace = time.NewTicker(time.Duration(float64(time.Second) / request.RatePerSecond))
	}
	return r
}

func (r *run) close() {
	if r.pace != nil {
		r.pace.Stop()
	}
}

// redrive works on one queue until nothing new comes, or workCtx ends.
// Afterwards, in the time that ctx has left, everything that it holds becomes
// visible again.
func (r *run) redrive(ctx, workCtx context.Context, queue deployment.Queue) error {
	q := &queueRun{
		run: r, queue: queue, counts: &deadletter.Counts{Errors: map[failure.Kind]int{}},
		reader: deadletter.Open(r.SQS, r.Queues[queue]),
	}
	r.answer.Queues[queue] = q.counts
	err := q.work(ctx, workCtx)
	r.answer.Throttled = r.invoker.Throttled()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		r.answer.More, err = true, nil
	}
	left, limited, leftErr := q.reader.Left(ctx)
	q.counts.Left = left
	r.answer.More = r.answer.More || limited || r.selection.Full()
	return errors.Join(err, leftErr, q.reader.Close(ctx))
}

// What follows guards a run's answer, which its goroutines share.

func (r *run) count(change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change()
}

func (r *run) list(detail deadletter.Summary, change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change()
	if len(r.answer.Letters) < deadletter.MaxLetters {
		r.answer.Letters = append(r.answer.Letters, detail)
	}
}
