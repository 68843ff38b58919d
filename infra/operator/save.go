package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/dlq"
)

// closeTimeout is for leaving a queue as it was, also after an interrupt.
const closeTimeout = time.Minute

// saver saves dead letters to a file, and deletes them if asked to. It reads the
// queues itself: the file is here, and a letter must be in it before it is
// deleted.
type saver struct {
	client    *sqs.Client
	selection *dlq.Selection
	file      *letterFile
	delete    bool
}

// save goes through the queues, and shows what became of their letters.
func (p *session) save(ctx context.Context, cfg aws.Config, s stack, queues []deadletter.Queue, r *redrive) error {
	file, err := createLetterFile(r.Save)
	if err != nil {
		return err
	}
	w := &saver{
		client: dlq.NewClient(cfg), file: file, delete: r.Delete,
		selection: dlq.NewSelection(r.request(), r.Max, time.Now),
	}
	var all []*saved
	for _, queue := range queues {
		q := &saved{saver: w, queue: queue, reader: dlq.Open(w.client, s.Queues[queue])}
		all = append(all, q)
		err = q.save(ctx)
		fmt.Fprintf(p.progress, "%s: %d saved, %d deleted, %d left\n", queue, q.saved, q.deleted, q.left)
		if err != nil {
			err = fmt.Errorf("queue %s: %w", queue, err)
			break
		}
	}
	return errors.Join(err, p.showSaved(all), file.close())
}

// saved is the work on one queue.
type saved struct {
	*saver
	queue  deadletter.Queue
	reader *dlq.Reader

	mutex                         sync.Mutex
	saved, deleted, skipped, left int
	undeleted                     error // the first, of those that could not be deleted
}

// save saves the chosen letters. Whatever ends it, those that are not deleted
// become visible again.
func (q *saved) save(ctx context.Context) error {
	skipped, err := q.reader.Walk(ctx, q.selection, func(chosen []dlq.Letter) error { return q.take(ctx, chosen) })
	q.skipped = skipped
	if err == nil && q.undeleted != nil {
		err = fmt.Errorf("%d were saved but not deleted: %w", q.saved-q.deleted, q.undeleted)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	left, limited, leftErr := q.reader.Left(closing)
	q.left = left
	if limited {
		err = errors.Join(err, errors.New("SQS hides no more of its messages at once: there are more to go through"))
	}
	return errors.Join(err, leftErr, q.reader.Close(closing))
}

// take saves letters, and deletes them once they are on disk.
func (q *saved) take(ctx context.Context, letters []dlq.Letter) error {
	if err := q.file.write(q.queue, letters); err != nil {
		return err
	}
	var failed map[string]error
	if q.delete {
		failed = q.reader.Delete(ctx, letters)
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.saved += len(letters)
	if q.delete {
		q.deleted += len(letters) - len(failed)
	}
	for _, err := range failed {
		if q.undeleted == nil {
			q.undeleted = err
		}
	}
	return nil
}
