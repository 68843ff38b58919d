// Package deadletter reads dead-letter queues. It hides dead letters from other
// readers while its caller handles them, hands each letter out once, and deletes
// the letters that the caller has handled. It also declares the redrive function's
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

	"sdtasktracker/shared/awserror"
)

// maxHidden is how many hidden messages SQS certainly allows. Its quota for a
// standard queue is approximately 120,000 messages in flight. Above it, long polls
// return nothing ("Amazon SQS message quotas").
const maxHidden = 100_000

// tries is how many times in a row a reader receives no new letters before it
// stops: letters that SQS delivers twice must not keep it busy forever.
const tries = 10

// Reader reads one dead-letter queue. It is safe for concurrent use.
type Reader struct {
	client *sqs.Client
	url    *string
	stop   context.CancelFunc
	beats  sync.WaitGroup

	mutex sync.Mutex
	seen  map[string]bool    // message IDs that were handed out
	held  map[string]receipt // by message ID
}

// receipt hides or deletes a letter.
type receipt struct {
	id, handle string
	until      time.Time // when the letter becomes visible again
}

// Open returns a reader of the queue. The letters that it receives stay hidden until
// Delete or Close.
func Open(client *sqs.Client, url string) *Reader {
	ctx, stop := context.WithCancel(context.Background())
	r := &Reader{
		client: client, url: aws.String(url), stop: stop, seen: map[string]bool{}, held: map[string]receipt{},
	}
	r.beats.Go(func() { r.beat(ctx) })
	return r
}

// receive returns up to n new letters; n is 1 to 10. It returns none if the queue has
// no more, or if SQS hides no more. If ctx ends during a request, receive waits for
// the answer, because the letters in it would stay hidden.
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
		if awserror.Code(err) == "OverLimit" { // as SQS answers short polls beyond its limit; Left tells
			return nil, nil
		}
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

// hold adds received messages to the held letters, and returns the new letters.
func (r *Reader) hold(messages []types.Message, until time.Time) (fresh []Letter) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, message := range messages {
		id := aws.ToString(message.MessageId)
		// SQS accepts only the newest receipt handle of a message.
		r.held[id] = receipt{id: id, handle: aws.ToString(message.ReceiptHandle), until: until}
		if !r.seen[id] {
			r.seen[id] = true
			fresh = append(fresh, Read(message))
		}
	}
	return fresh
}

// Delete deletes letters from the queue, and returns the errors of the remaining
// letters by ID.
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

// Left returns about how many letters the queue has, including hidden letters.
// limited reports whether the reader could not receive all of them because SQS hides
// no more. Call it before Close.
func (r *Reader) Left(ctx context.Context) (left int, limited bool, err error) {
	visible, hidden, err := Count(ctx, r.client, *r.url)
	if err != nil {
		return 0, false, fmt.Errorf("count the remaining dead letters: %w", err)
	}
	return visible + hidden, visible > 0 && hidden >= maxHidden, nil
}

// Count returns approximately how many visible and hidden letters a queue has.
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
