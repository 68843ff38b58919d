package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/invocation"
)

// handlers is how many functions are invoked at once.
const handlers = 10

// queueRun is a run's work on one queue.
type queueRun struct {
	*run
	queue  deployment.Queue
	counts *deadletter.Counts
	reader *deadletter.Reader
}

// work goes through the queue until workCtx ends, or Lambda throttles every invocation.
// Letters are received, handled and deleted at the same time. What has succeeded is
// deleted in the time that ctx has left.
func (q *queueRun) work(ctx, workCtx context.Context) error {
	workCtx, stop := context.WithCancelCause(workCtx)
	defer stop(nil)
	letters := make(chan deadletter.Letter)
	succeeded := make(chan deadletter.Letter, 10) // as many as SQS deletes at once
	var handling, deleting sync.WaitGroup
	for range handlers {
		handling.Go(func() {
			for l := range letters {
				if err := q.handle(workCtx, l, succeeded); err != nil {
					stop(err)
				}
			}
		})
	}
	deleting.Go(func() { q.delete(ctx, succeeded) })
	skipped, err := q.reader.Walk(workCtx, q.selection, func(chosen []deadletter.Letter) error {
		for _, l := range chosen {
			select {
			case letters <- l:
			case <-workCtx.Done():
				return context.Cause(workCtx)
			}
		}
		return nil
	})
	close(letters)
	handling.Wait()
	close(succeeded)
	deleting.Wait()
	q.counts.Skipped = skipped
	if cause := context.Cause(workCtx); gaveUp(cause) {
		return cause // Walk may have ended before
	}
	return err
}

// handle lists a dead letter, or runs its functions and hands it on if they have
// succeeded. Every other letter stays held. An error ends the work.
func (q *queueRun) handle(ctx context.Context, l deadletter.Letter, succeeded chan<- deadletter.Letter) error {
	err := l.Unreadable
	if q.request.DryRun {
		reason := l.Reason
		if err != nil {
			reason = err.Error()
		}
		q.list(q.detail(l, reason), func() { q.counts.Listed++ })
		return nil
	}
	if err == nil {
		err = q.putBack(ctx, l)
	}
	switch {
	case err == nil:
		succeeded <- l
	case gaveUp(err):
		return err
	case ctx.Err() != nil: // it was not the function that failed
		q.count(func() { q.answer.More = true })
	default:
		q.fail(l, err)
	}
	return nil
}

// gaveUp reports whether Lambda throttles every invocation of a function.
func gaveUp(err error) bool { return errors.As(err, new(*invocation.ThrottledError)) }

// putBack runs the queue's functions with a dead letter's event, at the
// request's rate, until one fails.
func (q *queueRun) putBack(ctx context.Context, l deadletter.Letter) error {
	for _, function := range q.queue.Functions() {
		if err := q.wait(ctx); err != nil {
			return err
		}
		if err := q.invoker.Invoke(ctx, function, l.Event); err != nil {
			return err
		}
	}
	return nil
}

// delete deletes letters whose functions have succeeded: as many at once as have
// come while it deleted the last ones.
func (q *queueRun) delete(ctx context.Context, succeeded <-chan deadletter.Letter) {
	for first := range succeeded {
		letters := []deadletter.Letter{first}
		for more := true; more && len(letters) < cap(succeeded); {
			select {
			case l, open := <-succeeded:
				if more = open; open {
					letters = append(letters, l)
				}
			default:
				more = false
			}
		}
		failed := q.reader.Delete(ctx, letters)
		for _, l := range letters {
			if err := failed[l.ID]; err != nil {
				q.fail(l, failure.Of(failure.NotDeleted, fmt.Errorf("redriven, but not deleted: %w", err)))
				continue
			}
			q.count(func() { q.counts.Redriven++ })
		}
	}
}

func (q *queueRun) fail(l deadletter.Letter, err error) {
	q.list(q.detail(l, err.Error()), func() {
		q.counts.Failed++
		q.counts.Errors[failure.KindOf(err)]++
	})
}

func (q *queueRun) detail(l deadletter.Letter, reason string) deadletter.Summary {
	return deadletter.Summary{
		Queue: q.queue, MessageID: l.ID, SNSMessageID: l.SNSMessageID, TaskID: l.TaskID,
		Age: deadletter.Duration(l.Age(q.Now()).Truncate(time.Second)), Error: reason,
	}
}
