package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/shared/deadletter"
)

// run is one invocation's work.
type run struct {
	*Handler
	request deadletter.Request
	pace    *time.Ticker

	mutex  sync.Mutex
	answer deadletter.Answer
	taken  int // dead letters that matched, for the maximum
}

// work redrives one queue until nothing new comes, or work ends. Afterwards, in
// the time that ctx has left, everything it holds becomes visible again.
func (r *run) work(ctx, work context.Context, queue deadletter.Queue) error {
	counts := &deadletter.Counts{Errors: map[string]int{}}
	r.answer.Queues[queue] = counts
	held := newHolder(r.SQS, r.Queues[queue].URL)
	err := r.drain(work, queue, counts, held)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		r.answer.More, err = true, nil // what was received meanwhile reappears by itself
	}
	err = errors.Join(err, held.release(ctx))
	left, leftErr := held.left(ctx)
	counts.Left = left
	return errors.Join(err, leftErr)
}

func (r *run) drain(ctx context.Context, queue deadletter.Queue, counts *deadletter.Counts, held *holder) error {
	for {
		if r.full() {
			r.answer.More = true
			return nil
		}
		messages, err := held.receive(ctx)
		if err != nil || len(messages) == 0 {
			return err
		}
		var letters sync.WaitGroup
		for _, message := range messages {
			letters.Go(func() {
				l, err := readLetter(message)
				r.handle(ctx, queue, counts, held, l, err)
			})
		}
		letters.Wait()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// handle decides on one dead letter. What it does not delete stays held.
func (r *run) handle(ctx context.Context, queue deadletter.Queue, counts *deadletter.Counts, held *holder, l letter, err error) {
	age := r.Now().Sub(l.sent)
	if l.taskID != r.request.TaskID && r.request.TaskID != "" || age < time.Duration(r.request.OlderThan) || !strings.Contains(l.reason, r.request.ErrorContains) {
		r.count(func() { counts.Skipped++ })
		return
	}
	if !r.take() {
		return
	}
	detail := deadletter.Letter{Queue: queue, MessageID: aws.ToString(l.message.MessageId), TaskID: l.taskID,
		Age: deadletter.Duration(age.Truncate(time.Second)), Error: l.reason}
	if r.request.DryRun {
		if err != nil {
			detail.Error = err.Error()
		}
		r.list(detail, func() { counts.Listed++ })
		return
	}
	if err == nil {
		err = r.invoke(ctx, queue, l)
	}
	if err == nil {
		err = held.delete(ctx, l.message)
	}
	if err == nil {
		r.count(func() { counts.Redriven++ })
		return
	}
	if ctx.Err() != nil { // it was not the function that failed
		r.count(func() { r.answer.More = true })
		return
	}
	detail.Error = err.Error()
	r.list(detail, func() {
		counts.Failed++
		counts.Errors[errorKind(detail.Error)]++
	})
}

// invoke runs the queue's function with a dead letter's event, and waits for
// it: a synchronous failure leaves no dead letter of its own.
func (r *run) invoke(ctx context.Context, queue deadletter.Queue, l letter) error {
	if r.pace != nil {
		select {
		case <-r.pace.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	out, err := r.Lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(r.Queues[queue].Function), Payload: l.event})
	if err != nil {
		return fmt.Errorf("invoke %s: %w", r.Queues[queue].Function, err)
	}
	if out.FunctionError == nil {
		return nil
	}
	var failed struct{ ErrorMessage string }
	if err := json.Unmarshal(out.Payload, &failed); err != nil || failed.ErrorMessage == "" {
		return fmt.Errorf("%s failed: %s", r.Queues[queue].Function, out.Payload)
	}
	return errors.New(failed.ErrorMessage)
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

// full tells whether the request's maximum is reached.
func (r *run) full() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.request.Max > 0 && r.taken >= r.request.Max
}

// take counts a dead letter against the maximum, and reports whether it fits.
func (r *run) take() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.request.Max > 0 && r.taken >= r.request.Max {
		r.answer.More = true
		return false
	}
	r.taken++
	return true
}
