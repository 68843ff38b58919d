// Package deadletter reads dead-letter queues: it hides dead letters from other
// readers while its caller works on them, hands each one out once, and deletes
// those that the caller is done with. It also declares the redrive function's
// request and answer.
package deadletter

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// maxHidden is how many messages SQS surely hides. Its limit is approximately
// 120,000 messages in flight for a standard queue; beyond it, long polls return
// nothing ("Amazon SQS message quotas").
const maxHidden = 100_000

// tries is how often a letter is received again, without new ones, before the
// queue counts as read: letters that SQS delivers twice must not keep a reader.
const tries = 10

// Reader reads one dead-letter queue. Its methods may be called from several
// goroutines.
type Reader struct {
	client *sqs.Client
	url    *string
	stop   context.CancelFunc
	beats  sync.WaitGroup

	mutex sync.Mutex
	seen  map[string]bool    // message IDs that were handed out
	held  map[string]receipt // by message ID
}

// receipt is what hides a letter, or deletes it.
type receipt struct {
	id, handle string
	until      time.Time // then the letter is visible again
}

// Open starts reading the queue. What it receives stays hidden until it is
// deleted, or until Close.
func Open(client *sqs.Client, url string) *Reader {
	ctx, stop := context.WithCancel(context.Background())
	r := &Reader{
		client: client, url: aws.String(url), stop: stop, seen: map[string]bool{}, held: map[string]receipt{},
	}
	r.beats.Go(func() { r.beat(ctx) })
	return r
}

// receive returns up to n letters, 1 to 10, that were not handed out before;
// none means that there are no more, or that SQS hides no more. A request that
// is under way when ctx ends is waited for: its letters would stay hidden.
func (r *Reader) receive(ctx context.Context, n int) ([]Letter, error) {
	request, cancel := context.WithTimeout(context.WithoutCancel(ctx), tries*attemptTimeout)
	defer cancel()
	for range tries {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		r.mutex.Lock()
		timeout := visibility(len(r.held))
		r.mutex.Unlock()
		received := time.Now()
		out, err := r.client.ReceiveMessage(request, &sqs.ReceiveMessageInput{
			QueueUrl: r.url, MaxNumberOfMessages: int32(n), WaitTimeSeconds: int32(longPoll.Seconds()),
			VisibilityTimeout:           int32(timeout.Seconds()),
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		})
		if err != nil {
			return nil, fmt.Errorf("receive: %w", err)
		}
		fresh := r.hold(out.Messages, received.Add(timeout))
		if len(fresh) > 0 || len(out.Messages) == 0 {
			return fresh, nil
		}
	}
	return nil, nil
}

// hold holds received messages, and returns those that were not handed out before.
func (r *Reader) hold(messages []types.Message, until time.Time) (fresh []Letter) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, message := range messages {
		id := aws.ToString(message.MessageId)
		// SQS takes only the receipt handle of the last time it was received.
		r.held[id] = receipt{id: id, handle: aws.ToString(message.ReceiptHandle), until: until}
		if !r.seen[id] {
			r.seen[id] = true
			fresh = append(fresh, Read(message))
		}
	}
	return fresh
}

// Delete deletes letters from the queue, and returns the errors of those that are
// still there, by ID.
func (r *Reader) Delete(ctx context.Context, letters []Letter) map[string]error {
	r.mutex.Lock()
	receipts := make([]receipt, len(letters))
	for i, l := range letters {
		receipts[i] = receipt{id: l.ID, handle: aws.ToString(l.Message.ReceiptHandle)}
		if held, ok := r.held[l.ID]; ok {
			receipts[i] = held
		}
	}
	r.mutex.Unlock()
	failed := inBatches(ctx, receipts, r.delete)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, l := range letters {
		if failed[l.ID] == nil {
			delete(r.held, l.ID)
		}
	}
	return failed
}

func (r *Reader) delete(ctx context.Context, batch []receipt) (
	done []string, failed []types.BatchResultErrorEntry, err error,
) {
	var entries []types.DeleteMessageBatchRequestEntry
	for _, x := range batch {
		entries = append(entries, types.DeleteMessageBatchRequestEntry{
			Id: aws.String(x.id), ReceiptHandle: aws.String(x.handle),
		})
	}
	out, err := r.client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: r.url, Entries: entries})
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range out.Successful {
		done = append(done, aws.ToString(entry.Id))
	}
	return done, out.Failed, nil
}

// Left is about how many letters the queue has, hidden ones included; and
// whether some could not be received because SQS hides no more. Ask before Close.
func (r *Reader) Left(ctx context.Context) (left int, limited bool, err error) {
	visible, hidden, err := Count(ctx, r.client, *r.url)
	if err != nil {
		return 0, false, fmt.Errorf("count what is left: %w", err)
	}
	return visible + hidden, visible > 0 && hidden >= maxHidden, nil
}

// Count returns approximately how many letters a queue has: visible ones, and those that a reader hides.
func Count(ctx context.Context, client *sqs.Client, url string) (visible, hidden int, err error) {
	const inQueue = types.QueueAttributeNameApproximateNumberOfMessages
	const inFlight = types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(url), AttributeNames: []types.QueueAttributeName{inQueue, inFlight}})
	if err != nil {
		return 0, 0, err
	}
	visible, err = strconv.Atoi(out.Attributes[string(inQueue)])
	if err == nil {
		hidden, err = strconv.Atoi(out.Attributes[string(inFlight)])
	}
	if err != nil {
		return 0, 0, fmt.Errorf("SQS answered without the number of messages: %w", err)
	}
	return visible, hidden, nil
}
