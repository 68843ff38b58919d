package letters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// closeTimeout bounds how long it takes to make messages visible again, which also happens after an interrupt.
const closeTimeout = time.Minute

// counts say what became of a queue's dead letters.
type counts struct {
	Queue                   names.Queue
	Saved, Deleted, Skipped int
	Left                    *int // nil if SQS did not say
}

// save saves the selected dead letters to a file, and deletes them if asked to. It reads the queues itself instead of
// calling the redrive function: the file is on this machine, and a dead letter must be in it before it is deleted.
func (r *Redrive) save(ctx context.Context, p *output.Printer, d *deployment.Deployment, queues []names.Queue,
	clock command.Clock,
) error {
	file, err := createFile(r.Save)
	if err != nil {
		return err
	}
	client, selection := deadletter.NewClient(d.Config), deadletter.NewSelection(r.request(), r.Max, clock.Now)
	rows := output.NewSheet(output.Columns("queue", "saved", "deleted", "skipped", "left"))
	var all []counts
	var total counts
	for _, queue := range queues {
		var n counts
		n, err = r.saveQueue(ctx, deadletter.Open(client, d.Queues[queue]), queue, file, selection)
		left := any("not known")
		if n.Left != nil {
			left = *n.Left
		}
		rows.Add(queue, n.Saved, n.Deleted, n.Skipped, left)
		all = append(all, n)
		total.Saved, total.Deleted = total.Saved+n.Saved, total.Deleted+n.Deleted
		if err != nil {
			err = r.stoppedSaving(fmt.Errorf("queue %s: %w", queue, err), total, d.Line)
			break
		}
	}
	output.Print(p, all, rows, nil)
	err = errors.Join(err, file.Close())
	if total.Saved == 0 {
		err = errors.Join(err, os.Remove(r.Save))
	}
	return err
}

// stoppedSaving returns the error for a redrive that could not save all dead letters.
func (r *Redrive) stoppedSaving(err error, total counts, line command.Line) error {
	if total.Saved > 0 { // otherwise save removes the file
		line = line.With("--save", r.Save+"-2")
	}
	done := fmt.Sprintf("%s saved to %s, %d of them deleted; the others are still in their queues",
		output.Count(total.Saved, "dead letter"), r.Save, total.Deleted)
	return &command.StoppedError{Err: err, Done: done, Resume: line}
}

// saveQueue saves the selected dead letters of a queue. When it returns, also with an error, it has made the dead
// letters that it didn't delete visible again.
func (r *Redrive) saveQueue(ctx context.Context, queue *deadletter.Reader, name names.Queue, file *os.File,
	selection *deadletter.Selection,
) (n counts, err error) {
	var mutex sync.Mutex // guards the file, n and undeleted
	var undeleted error
	n.Queue = name
	n.Skipped, err = queue.Walk(ctx, selection, func(chosen []deadletter.Letter) error {
		mutex.Lock()
		defer mutex.Unlock()
		if err := write(file, name, chosen); err != nil {
			return err
		}
		n.Saved += len(chosen)
		if r.Delete {
			failed := queue.Delete(ctx, chosen)
			n.Deleted += len(chosen) - len(failed)
			for _, err := range failed {
				undeleted = err
			}
		}
		return nil
	})
	if err == nil && undeleted != nil {
		err = fmt.Errorf("%d of %d saved dead letters could not be deleted: %w", n.Saved-n.Deleted, n.Saved, undeleted)
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	left, limited, leftErr := queue.Left(closing)
	if leftErr == nil {
		n.Left = &left
	}
	if limited {
		err = errors.Join(err, errors.New("SQS allows no more messages in flight, so some were not read: run it again"))
	}
	return n, errors.Join(err, leftErr, queue.Close(closing))
}

// savedLetter is a line of the file.
type savedLetter struct {
	Queue   names.Queue
	Message types.Message // with the names that "aws sqs receive-message" prints
}

// createFile creates the file. An existing file is an error: it may have the only copy of dead letters that were
// deleted earlier. Only its owner may read the file, because it has prompts.
func createFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--save: %w", err)
	}
	// The folder is synced too, or a crash could lose the file itself.
	folder, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = errors.Join(folder.Sync(), folder.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--save: %w", err), file.Close(), os.Remove(path))
	}
	return file, nil
}

// write appends dead letters to the file, and syncs it: they must be on disk before they are deleted.
func write(file *os.File, queue names.Queue, letters []deadletter.Letter) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, l := range letters {
		if err := encoder.Encode(savedLetter{queue, l.Message}); err != nil {
			return fmt.Errorf("save message %s: %w", l.ID, err)
		}
	}
	_, err := file.Write(lines.Bytes())
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}

// putBack sends the dead letters in a file, with their errors, to the queues that they came from. It keeps the file:
// putting a dead letter back twice does no harm, because the functions are idempotent.
func putBack(ctx context.Context, p *output.Printer, d *deployment.Deployment, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--put-back: %w", err)
	}
	defer file.Close()
	client, lines := deadletter.NewClient(d.Config), json.NewDecoder(file)
	for n := 0; ; n++ {
		var l savedLetter
		err := lines.Decode(&l)
		switch {
		case errors.Is(err, io.EOF):
			p.Printf("Put back %s. To retry: %v\n", output.Count(n, "dead letter"), d.Line.For("redrive"))
			return nil
		case err != nil:
			err = fmt.Errorf("not a line that --save wrote: %w", err)
		default:
			err = send(ctx, client, d.Queues[l.Queue], l)
		}
		if err != nil {
			return &command.StoppedError{
				Err:  fmt.Errorf("put back line %d of %s: %w", n+1, path, err),
				Done: output.Count(n, "dead letter") + " put back; putting one back again does no harm", Resume: d.Line,
			}
		}
	}
}

func send(ctx context.Context, client *sqs.Client, url string, l savedLetter) error {
	if url == "" {
		return fmt.Errorf("the stack has no dead-letter queue %q", l.Queue)
	}
	_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(url), MessageBody: l.Message.Body, MessageAttributes: l.Message.MessageAttributes})
	return err
}
