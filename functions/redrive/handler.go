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

// reserve is the time at the end of an invocation to make dead letters visible again and
// to answer. It is enough for all messages that SQS hides at once, at ten in a request.
const reserve = time.Minute

// Handler redrives dead letters. It is safe for concurrent use. Several redrives may run at
// the same time: SQS gives a dead letter to one of them at a time, and the functions are
// idempotent.
type Handler struct {
	SQS     *sqs.Client
	Invoker *invocation.Invoker
	// Queues are the dead-letter queues' URLs.
	Queues map[deployment.Queue]string
	Log    *slog.Logger
	Now    func() time.Time
}

// Handle redrives the dead letters of the requested queues. It deletes a dead letter only
// after the functions have succeeded. All others stay in their queue.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (deadletter.Answer, error) {
	request, err := deadletter.ParseRequest(event)
	r := newRun(h, request)
	if err != nil {
		return deadletter.Answer{}, h.log(ctx, r, err)
	}
	queues, err := h.queues(request.Queue)
	if err != nil {
		return deadletter.Answer{}, h.log(ctx, r, err)
	}
	workCtx, cancel := function.WorkContext(ctx, reserve)
	defer cancel()
	for _, queue := range queues {
		if err := r.redrive(ctx, workCtx, queue); err != nil {
			return r.answer, h.log(ctx, r, fmt.Errorf("redrive queue %s: %w", queue, err))
		}
	}
	return r.answer, h.log(ctx, r, nil)
}

// queues returns the queues to redrive: the requested one, or all.
func (h *Handler) queues(requested deployment.Queue) ([]deployment.Queue, error) {
	all := slices.SortedFunc(maps.Keys(h.Queues), deployment.CompareQueues)
	switch {
	case requested == "":
		return all, nil
	case !slices.Contains(all, requested):
		return nil, fmt.Errorf("invalid request: queue is %q, but must be one of %q", requested, all)
	}
	return []deployment.Queue{requested}, nil
}

// log writes the invocation's log line and returns err.
func (h *Handler) log(ctx context.Context, r *run, err error) error {
	return function.Log(ctx, h.Log, "redrive", err,
		slog.Any("request", r.request), slog.Any("queues", r.answer.Queues),
		slog.Int("throttled", r.answer.Throttled), slog.Bool("more", r.answer.More))
}
