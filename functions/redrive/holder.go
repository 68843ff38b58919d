package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/failure"
)

// A received dead letter is hidden for visibility, and again and again while
// its function runs: short, so that a redrive that is killed keeps nothing from
// the next one for long.
const (
	visibility = 15 * time.Second
	heartbeat  = 5 * time.Second
)

// holder holds dead letters of one queue: hidden from this and other redrives
// until it lets them go.
type holder struct {
	client *sqs.Client
	url    *string
	stop   context.CancelFunc
	beats  sync.WaitGroup

	mutex sync.Mutex
	seen  map[string]bool   // message IDs this holder has handed out
	held  map[string]string // receipt handles by message ID
}

func newHolder(client *sqs.Client, url string) *holder {
	ctx, stop := context.WithCancel(context.Background())
	h := &holder{client: client, url: aws.String(url), stop: stop, seen: map[string]bool{}, held: map[string]string{}}
	h.beats.Go(func() { h.beat(ctx) })
	return h
}

// receive returns dead letters that were not handed out before; none means that
// there are no more.
func (h *holder) receive(ctx context.Context) ([]types.Message, error) {
	for {
		out, err := h.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: h.url, MaxNumberOfMessages: 10, VisibilityTimeout: int32(visibility.Seconds()), WaitTimeSeconds: 1,
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameSentTimestamp},
		})
		if err != nil {
			return nil, fmt.Errorf("receive: %w", err)
		}
		var fresh []types.Message
		h.mutex.Lock()
		for _, message := range out.Messages {
			id := aws.ToString(message.MessageId)
			h.held[id] = aws.ToString(message.ReceiptHandle)
			if !h.seen[id] {
				h.seen[id] = true
				fresh = append(fresh, message)
			}
		}
		h.mutex.Unlock()
		if len(fresh) > 0 || len(out.Messages) == 0 {
			return fresh, nil
		}
	}
}

// delete takes a dead letter out of the queue for good.
func (h *holder) delete(ctx context.Context, message types.Message) error {
	id := aws.ToString(message.MessageId)
	h.mutex.Lock()
	handle := h.held[id] // of the last time it was received: SQS takes no other
	h.mutex.Unlock()
	_, err := h.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: h.url, ReceiptHandle: aws.String(handle)})
	if err != nil {
		return failure.Of(failure.NotDeleted, fmt.Errorf("redriven, but not deleted: %w", err))
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	delete(h.held, id)
	return nil
}

// beat keeps what is held hidden.
func (h *holder) beat(ctx context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = h.hide(ctx, visibility) // what reappears early is redriven twice, which is harmless
		}
	}
}

// release makes everything held visible again.
func (h *holder) release(ctx context.Context) error {
	h.stop()
	h.beats.Wait()
	return h.hide(ctx, 0)
}

// hide sets for how long everything held stays hidden, ten at a time.
func (h *holder) hide(ctx context.Context, timeout time.Duration) error {
	h.mutex.Lock()
	var entries []types.ChangeMessageVisibilityBatchRequestEntry
	for _, handle := range h.held {
		entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(len(entries) % 10)), ReceiptHandle: aws.String(handle),
			VisibilityTimeout: int32(timeout.Seconds())})
	}
	h.mutex.Unlock()
	var errs []error
	for len(entries) > 0 {
		n := min(10, len(entries))
		_, err := h.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
			QueueUrl: h.url, Entries: entries[:n]})
		if err != nil {
			errs = append(errs, fmt.Errorf("make dead letters visible again: %w", err))
		}
		entries = entries[n:]
	}
	return errors.Join(errs...)
}

// left is about how many dead letters the queue has, hidden ones included.
func (h *holder) left(ctx context.Context) (int, error) {
	names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible}
	out, err := h.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: h.url, AttributeNames: names})
	if err != nil {
		return 0, fmt.Errorf("count what is left: %w", err)
	}
	total := 0
	for _, name := range names {
		n, _ := strconv.Atoi(out.Attributes[string(name)]) // SQS writes a number
		total += n
	}
	return total, nil
}
