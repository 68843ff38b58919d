package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/invocation"
)

// reserve is the time of an invocation that is kept back from redriving, to
// make what is still held visible again and to answer: enough for 100,000 dead
// letters, ten to a request.
const reserve = time.Minute

// Handler redrives dead letters. It may be called from several goroutines, and
// several redrives may run at once: SQS gives a dead letter to one of them at a
// time, and the functions are idempotent.
type Handler struct {
	SQS     *sqs.Client
	Invoker *invocation.Invoker
	// Queues are the dead-letter queues' URLs.
	Queues map[deployment.Queue]string
	Log    *slog.Logger
	Now    func() time.Time
}

// Handle works through the requested queues. A dead letter is deleted only
// after its function has succeeded with it; every other stays in its queue.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (deadletter.Answer, error) {
	request, err := deadletter.ParseRequest(event)
	if err != nil {
		return deadletter.Answer{}, err
	}
	queues, err := h.queues(request.Queue)
	if err != nil {
		return deadletter.Answer{}, err
	}
	workCtx, cancel := function.WorkContext(ctx, reserve)
	defer cancel()
	r := newRun(h, request)
	defer r.close()
	for _, queue := range queues {
		if err := r.redrive(ctx, workCtx, queue); err != nil {
			return r.answer, h.log(ctx, r, fmt.Errorf("redrive queue %s: %w", queue, err))
		}
	}
	return r.answer, h.log(ctx, r, nil)
}

// queues are the queues to work through: the requested one, or all.
func (h *Handler) queues(requested deployment.Queue) ([]deployment.Queue, error) {
	all := slices.SortedFunc(maps.Keys(h.Queues), deployment.CompareQueues)
	switch {
	case requested == "":
		return all, nil
	case !slices.Contains(all, requested):
		return nil, fmt.Errorf("invalid request: queue is %q: it must be one of %q", requested, all)
	}
	return []deployment.Queue{requested}, nil
}
