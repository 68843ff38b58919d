package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/failure"
)

// run is one invocation's work.
type run struct {
	*Handler
	request deadletter.Request
	pace    *time.Ticker // nil without a rate

	mutex  sync.Mutex
	answer deadletter.Answer
	taken  int // dead letters that matched, for the maximum
}

func newRun(h *Handler, request deadletter.Request) *run {
	r := &run{Handler: h, request: request, answer: deadletter.Answer{Queues: map[deadletter.Queue]*deadletter.Counts{}}}
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

// queueRun is a run's work on one queue.
type queueRun struct {
	*run
	queue  deadletter.Queue
	counts *deadletter.Counts
	held   *holder
}

// redrive works on one queue until nothing new comes, or workCtx ends.
// Afterwards, in the time that ctx has left, everything it holds becomes visible
// again.
func (r *run) redrive(ctx, workCtx context.Context, queue deadletter.Queue) error {
	q := &queueRun{run: r, queue: queue, counts: &deadletter.Counts{Errors: map[failure.Kind]int{}},
		held: newHolder(r.SQS, r.Queues[queue])}
	r.answer.Queues[queue] = q.counts
	err := q.drain(workCtx)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		r.answer.More, err = true, nil // what was received meanwhile reappears by itself
	}
	err = errors.Join(err, q.held.release(ctx))
	left, leftErr := q.held.left(ctx)
	q.counts.Left = left
	return errors.Join(err, leftErr)
}

func (q *queueRun) drain(ctx context.Context) error {
	for {
		if q.full() {
			return nil
		}
		messages, err := q.held.receive(ctx)
		if err != nil || len(messages) == 0 {
			return err
		}
		var letters sync.WaitGroup
		for _, message := range messages {
			letters.Go(func() { q.handle(ctx, message) })
		}
		letters.Wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// handle decides on one dead letter. What it does not delete stays held.
func (q *queueRun) handle(ctx context.Context, message types.Message) {
	l, err := readLetter(message)
	age := q.Now().Sub(l.sent)
	if !matches(q.request, l, age) {
		q.count(func() { q.counts.Skipped++ })
		return
	}
	if !q.take() {
		return
	}
	detail := deadletter.Letter{Queue: q.queue, MessageID: aws.ToString(message.MessageId), TaskID: l.taskID,
		Age: deadletter.Duration(age.Truncate(time.Second)), Error: l.reason}
	if q.request.DryRun {
		if err != nil {
			detail.Error = err.Error()
		}
		q.list(detail, func() { q.counts.Listed++ })
		return
	}
	if err == nil {
		err = q.putBack(ctx, l)
	}
	switch {
	case err == nil:
		q.count(func() { q.counts.Redriven++ })
	case ctx.Err() != nil: // it was not the function that failed
		q.count(func() { q.answer.More = true })
	default:
		detail.Error = err.Error()
		q.list(detail, func() {
			q.counts.Failed++
			q.counts.Errors[failure.KindOf(err)]++
		})
	}
}

// matches reports whether a dead letter is one that the request chooses.
func matches(request deadletter.Request, l letter, age time.Duration) bool {
	return (request.TaskID == "" || request.TaskID == l.taskID) &&
		age >= time.Duration(request.OlderThan) && strings.Contains(l.reason, request.ErrorContains)
}

// putBack runs the function with a dead letter's event, and deletes the dead
// letter once the function has succeeded.
func (q *queueRun) putBack(ctx context.Context, l letter) error {
	if err := q.wait(ctx); err != nil {
		return err
	}
	if err := q.invoke(ctx, q.queue.Function(), l.event); err != nil {
		return err
	}
	return q.held.delete(ctx, l.message)
}

// What follows guards a run's answer, which a batch's goroutines share.

func (r *run) count(change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change()
}

func (r *run) list(detail deadletter.Letter, change func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	change()
	if len(r.answer.Letters) < deadletter.MaxLetters {
		r.answer.Letters = append(r.answer.Letters, detail)
	}
}

// full reports whether the request's maximum is reached: there may be more then.
func (r *run) full() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.reached()
}

// take counts a dead letter against the maximum, and reports whether it fits.
func (r *run) take() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.reached() {
		return false
	}
	r.taken++
	return true
}

func (r *run) reached() bool {
	reached := r.request.Max > 0 && r.taken >= r.request.Max
	r.answer.More = r.answer.More || reached
	return reached
}
