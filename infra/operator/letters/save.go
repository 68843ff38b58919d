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
	names "sdtasktracker/shared/deployment"
)

// closeTimeout is for leaving a queue as it was, also after an interrupt.
const closeTimeout = time.Minute

// save saves the chosen letters of the queues to a file, deletes them if asked to, and shows what became of them. It
// reads the queues itself, not through the redrive function: the file is on this machine, and a letter must be in it
// before it is deleted.
func (r *Redrive) save(ctx context.Context, p *output.Printer, d *deployment.Deployment, queues []names.Queue,
	clock command.Clock, line command.Line,
) error {
	file, err := createLetterFile(r.Save)
	if err != nil {
		return err
	}
	client, selection := deadletter.NewClient(d.Config), deadletter.NewSelection(r.request(), r.Max, clock.Now)
	rows := output.NewSheet(output.Columns("queue", "saved", "deleted", "skipped", "left"))
	var all []counts
	for _, queue := range queues {
		reader := deadletter.Open(client, d.Queues[queue])
		q := &saver{reader: reader, file: file, delete: r.Delete, counts: counts{Queue: queue}}
		err = q.save(ctx, selection)
		n := q.counts
		rows.Add(queue, n.Saved, n.Deleted, n.Skipped, n.leftCell())
		all = append(all, n)
		if err != nil {
			err = r.stoppedSaving(fmt.Errorf("queue %s: %w", queue, err), all, line)
			break
		}
	}
	output.Print(p, all, rows, nil)
	return errors.Join(err, file.close())
}

// stoppedSaving is the error for a redrive that could not save all letters.
func (r *Redrive) stoppedSaving(err error, all []counts, line command.Line) error {
	saved, deleted := 0, 0
	for _, n := range all {
		saved, deleted = saved+n.Saved, deleted+n.Deleted
	}
	if saved > 0 { // else the file is removed
		line = line.With("--save", r.Save+"-2")
	}
	done := fmt.Sprintf("%s saved to %s, %d of them deleted; what was not deleted is still in its queue",
		output.Count(saved, "dead letter"), r.Save, deleted)
	return &command.StoppedError{Err: err, Done: done, Resume: line}
}

// counts say what became of a queue's dead letters.
type counts struct {
	Queue                   names.Queue
	Saved, Deleted, Skipped int
	Left                    *int // nil if SQS did not say
}

// leftCell is a table's cell.
func (c counts) leftCell() any {
	if c.Left == nil {
		return "not known"
	}
	return *c.Left
}

// saver saves the dead letters of one queue.
type saver struct {
	reader *deadletter.Reader
	file   *letterFile
	delete bool

	mutex     sync.Mutex
	counts    counts
	undeleted error // the first error of deleting a letter
}

// save saves the selected letters. Whatever ends it, the letters that are not deleted become visible again.
func (q *saver) save(ctx context.Context, selection *deadletter.Selection) error {
	skipped, err := q.reader.Walk(ctx, selection, func(chosen []deadletter.Letter) error { return q.take(ctx, chosen) })
	q.counts.Skipped = skipped
	if err == nil && q.undeleted != nil {
		n := q.counts
		err = fmt.Errorf("%d of %d saved dead letters could not be deleted: %w", n.Saved-n.Deleted, n.Saved, q.undeleted)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	left, limited, leftErr := q.reader.Left(closing)
	if leftErr == nil {
		q.counts.Left = &left
	}
	if limited {
		err = errors.Join(err, errors.New("SQS hides no more messages at once: some were not read; run it again"))
	}
	return errors.Join(err, leftErr, q.reader.Close(closing))
}

// take saves letters, and deletes them once they are on disk.
func (q *saver) take(ctx context.Context, letters []deadletter.Letter) error {
	if err := q.file.write(q.counts.Queue, letters); err != nil {
		return err
	}
	var failed map[string]error
	if q.delete {
		failed = q.reader.Delete(ctx, letters)
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.counts.Saved += len(letters)
	if q.delete {
		q.counts.Deleted += len(letters) - len(failed)
	}
	for _, err := range failed {
		if q.undeleted == nil {
			q.undeleted = err
		}
	}
	return nil
}
