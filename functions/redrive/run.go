package main

import (
	"context"
	"errors"
	"sync"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/invocation"
)

// run is one invocation's work.
type run struct {
	handler   *Handler
	request   deadletter.Request
	selection *deadletter.Selection
	invoker   *invocation.Run

	mutex  sync.Mutex // guards answer, the queues' counts included
	answer deadletter.Answer
}

func newRun(h *Handler, request deadletter.Request) *run {
	return &run{
		handler: h, request: request,
		selection: deadletter.NewSelection(request, request.Limit(), h.Now),
		invoker:   h.Invoker.Begin(h.Now, request.RatePerSecond),
		answer:    deadletter.Answer{Queues: map[deployment.Queue]*deadletter.Counts{}},
	}
}

// redrive works on one queue until no new dead letter arrives, or workCtx ends. It then
// makes the dead letters that it still hides visible again, until ctx ends.
func (r *run) redrive(ctx, workCtx context.Context, queue deployment.Queue) error {
	q := &queueRun{
		run: r, queue: queue, counts: &deadletter.Counts{Errors: map[failure.Kind]int{}},
		reader: deadletter.Open(r.handler.SQS, r.handler.Queues[queue]),
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

// update changes the answer, which the goroutines share.
func (r *run) update(change func(*deadletter.Answer)) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change(&r.answer)
}
