package letters

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/dlq"
)

// closeTimeout is for leaving a queue as it was, also after an interrupt.
const closeTimeout = time.Minute

// save saves the chosen letters of the queues to a file, deletes them if asked to, and shows what became of them. It
// reads the queues itself, not through the redrive function: the file is on this machine, and a letter must be in it
// before it is deleted.
func (r *Redrive) save(ctx context.Context, p *output.Printer, d *deployment.Deployment, queues []deadletter.Queue,
	clock command.Clock,
) error {
	file, err := createLetterFile(r.Save)
	if err != nil {
		return err
	}
	client, selection := dlq.NewClient(d.Config), dlq.NewSelection(r.request(), r.Max, clock.Now)
	var all []*saved
	for _, queue := range queues {
		q := &saved{queue: queue, reader: dlq.Open(client, d.Queues[queue]), file: file, delete: r.Delete}
		all = append(all, q)
		err = q.save(ctx, selection)
		p.Progressf("%s: %d saved, %d deleted, %d left\n", queue, q.saved, q.deleted, q.left)
		if err != nil {
			err = fmt.Errorf("queue %s: %w", queue, err)
			break
		}
	}
	showSaved(p, all)
	return errors.Join(err, file.close())
}

// saved is the work on one queue.
type saved struct {
	queue  deadletter.Queue
	reader *dlq.Reader
	file   *letterFile
	delete bool

	mutex                         sync.Mutex
	saved, deleted, skipped, left int
	undeleted                     error // the first error of deleting a letter
}

// save saves the selected letters. Whatever ends it, the letters that are not deleted become visible again.
func (q *saved) save(ctx context.Context, selection *dlq.Selection) error {
	skipped, err := q.reader.Walk(ctx, selection, func(chosen []dlq.Letter) error { return q.take(ctx, chosen) })
	q.skipped = skipped
	if err == nil && q.undeleted != nil {
		err = fmt.Errorf("%d of %d saved dead letters could not be deleted: %w", q.saved-q.deleted, q.saved, q.undeleted)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	left, limited, leftErr := q.reader.Left(closing)
	q.left = left
	if limited {
		err = errors.Join(err, errors.New("SQS can't hide more messages at once: some of the queue were not read"))
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

// showSaved prints what became of the dead letters that were to be saved.
func showSaved(p *output.Printer, queues []*saved) {
	type counts struct {
		Queue                         deadletter.Queue
		Saved, Deleted, Skipped, Left int
	}
	rows := output.NewSheet(output.Columns("queue", "saved", "deleted", "skipped", "left"))
	var all []counts
	for _, q := range queues {
		rows.Add(q.queue, q.saved, q.deleted, q.skipped, q.left)
		all = append(all, counts{q.queue, q.saved, q.deleted, q.skipped, q.left})
	}
	output.Print(p, all, rows, nil)
}
