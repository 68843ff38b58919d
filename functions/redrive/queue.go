package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/invocation"
)

// handlers is how many dead letters are handled at once.
const handlers = 10

// queueRun is a run's work on one queue.
type queueRun struct {
	run    *run
	queue  deployment.Queue
	counts *deadletter.Counts // in the run's answer
	reader *deadletter.Reader
}

// work receives, handles and deletes dead letters at the same time, until workCtx ends or
// Lambda throttles every invocation. It then deletes the remaining redriven dead letters,
// until ctx ends.
func (q *queueRun) work(ctx, workCtx context.Context) error {
	handling, workCtx := errgroup.WithContext(workCtx)
	handling.SetLimit(handlers)
	redriven := make(chan deadletter.Letter, 10) // as many as SQS deletes at once
	var deleting sync.WaitGroup
	deleting.Go(func() { q.delete(ctx, redriven) })
	skipped, err := q.reader.Walk(workCtx, q.run.selection, func(chosen []deadletter.Letter) error {
		for _, l := range chosen {
			if workCtx.Err() != nil {
				return workCtx.Err()
			}
			handling.Go(func() error { return q.handle(workCtx, l, redriven) })
		}
		return nil
	})
	if throttled := handling.Wait(); throttled != nil {
		err = throttled
	}
	close(redriven)
	deleting.Wait()
	q.counts.Skipped = skipped
	return err
}

// handle lists a dead letter in a dry run. Otherwise it invokes the queue's functions, and
// sends the dead letter to redriven if they succeed. The error is an
// [*invocation.ThrottledError].
func (q *queueRun) handle(ctx context.Context, l deadletter.Letter, redriven chan<- deadletter.Letter) error {
	if q.run.request.DryRun {
		q.list(l)
		return nil
	}
	err := l.Unreadable
	if err == nil {
		err = q.invoke(ctx, l.Event)
	}
	switch {
	case err == nil:
		redriven <- l
	case errors.As(err, new(*invocation.ThrottledError)):
		return err
	case ctx.Err() != nil: // the time is over; the function didn't fail
		q.run.update(func(a *deadletter.Answer) { a.More = true })
	default:
		q.fail(l, err)
	}
	return nil
}

// invoke invokes the queue's functions until one fails.
func (q *queueRun) invoke(ctx context.Context, event []byte) error {
	for _, function := range q.queue.Functions() {
		if err := q.run.invoker.Invoke(ctx, function, event); err != nil {
			return err
		}
	}
	return nil
}

// delete deletes redriven dead letters, up to ten in a request.
func (q *queueRun) delete(ctx context.Context, redriven <-chan deadletter.Letter) {
	for first := range redriven {
		letters := []deadletter.Letter{first}
		for len(redriven) > 0 && len(letters) < cap(redriven) {
			letters = append(letters, <-redriven)
		}
		failed := q.reader.Delete(ctx, letters)
		for _, l := range letters {
			if err := failed[l.ID]; err != nil {
				q.fail(l, failure.Of(failure.NotDeleted, fmt.Errorf("redriven, but not deleted: %w", err)))
				continue
			}
			q.run.update(func(*deadletter.Answer) { q.counts.Redriven++ })
		}
	}
}

// list counts a dead letter in a dry run.
func (q *queueRun) list(l deadletter.Letter) {
	reason := l.Reason
	if l.Unreadable != nil {
		reason = l.Unreadable.Error()
	}
	q.run.update(func(a *deadletter.Answer) {
		q.counts.Listed++
		q.show(a, l, reason)
	})
}

// fail counts a dead letter that stays in the queue.
func (q *queueRun) fail(l deadletter.Letter, err error) {
	q.run.update(func(a *deadletter.Answer) {
		q.counts.Failed++
		q.counts.Errors[failure.KindOf(err)]++
		q.show(a, l, err.Error())
	})
}

// show adds a dead letter to the answer, if it has room.
func (q *queueRun) show(a *deadletter.Answer, l deadletter.Letter, reason string) {
	if len(a.Letters) == deadletter.MaxLetters {
		return
	}
	reason = strings.ToValidUTF8(reason[:min(len(reason), deadletter.MaxError)], "")
	a.Letters = append(a.Letters, deadletter.Summary{
		Queue: q.queue, MessageID: l.ID, SNSMessageID: l.SNSMessageID, TaskID: l.TaskID,
		Age: deadletter.Duration(l.Age(q.run.handler.Now()).Truncate(time.Second)), Error: reason,
	})
}
