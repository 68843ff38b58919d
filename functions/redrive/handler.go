package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/function"
)

// reserve is the time of an invocation that is kept back from redriving, to
// make what is still held visible again and to answer.
const reserve = 5 * time.Second

// Handler redrives dead letters. It may be called from several goroutines, and
// several redrives may run at once: SQS gives a dead letter to one of them at a
// time, and the functions bear repetition.
type Handler struct {
	SQS    *sqs.Client
	Lambda *lambda.Client
	Queues map[deadletter.Queue]Source
	Log    *slog.Logger
	Now    func() time.Time
}

// Source is a dead-letter queue, and the function its dead letters are for.
type Source struct{ URL, Function string }

// Handle works through the requested queues. A dead letter is deleted only
// after its function has succeeded with it; every other stays in its queue.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (deadletter.Answer, error) {
	request, err := deadletter.Parse(event)
	if err != nil {
		return deadletter.Answer{}, err
	}
	work, cancel := function.WorkContext(ctx, reserve)
	defer cancel()
	r := &run{Handler: h, request: request, answer: deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}}}
	if request.RatePerSecond > 0 {
		r.pace = time.NewTicker(time.Duration(float64(time.Second) / request.RatePerSecond))
		defer r.pace.Stop()
	}
	for _, queue := range deadletter.Queues {
		if request.Queue != "" && request.Queue != queue {
			continue
		}
		if err := r.work(ctx, work, queue); err != nil {
			return r.answer, fmt.Errorf("redrive queue %s: %w", queue, err)
		}
	}
	h.Log.LogAttrs(ctx, slog.LevelInfo, "redrive", slog.Any("request", request), slog.Any("queues", r.answer.Queues), slog.Bool("more", r.answer.More))
	return r.answer, nil
}
