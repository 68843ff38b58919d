package letters

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// maxBatch is how many dead letters a call redrives at most, so that progress can be reported between calls.
const maxBatch = 100

// drive calls the redrive function until it has tried every dead letter, and sums the responses.
type drive struct {
	p       *output.Printer
	bar     *output.Bar // nil before the first answer, and if nobody watches
	invoke  deployment.Invoker[deadletter.Request, deadletter.Answer]
	request deadletter.Request
	done    int // dead letters that were redriven, failed or listed
	total   deadletter.Answer
}

// all redrives the queues, up to the request's maximum.
func (d *drive) all(ctx context.Context, queues []names.Queue) error {
	for _, queue := range queues {
		if d.full() {
			return nil
		}
		if err := d.one(ctx, queue); err != nil {
			return err
		}
	}
	return nil
}

// full reports whether the request's maximum is reached.
func (d *drive) full() bool { return d.request.Max > 0 && d.done >= d.request.Max }

// one redrives a queue's dead letters in batches. If a whole batch fails again, later calls may receive the same dead
// letters and never reach those that would succeed. So the next call after such a batch has no maximum, and goes
// through the whole queue.
func (d *drive) one(ctx context.Context, queue names.Queue) error {
	call := d.request
	call.Queue = queue
	for whole := call.DryRun; ; {
		call.Max = d.max(whole)
		answer, err := d.invoke(ctx, call)
		if err != nil {
			return err
		}
		counts := answer.Queues[queue]
		if counts == nil {
			return &deployment.FunctionError{
				Text: "the response of the redrive function has no counts of the queue: deploy the stack again"}
		}
		d.add(queue, counts, answer)
		d.moveBar(counts)
		switch {
		case !answer.More || d.full():
			return nil
		case call.DryRun, counts.Redriven == 0 && (whole || d.request.Max > 0):
			d.total.More = true
			return nil
		case counts.Redriven == 0:
			whole = true
		}
		if !d.p.Watched { // the results include the last call
			d.p.Progressf("%s: %d redriven, %d failed again, %d left\n",
				queue, d.total.Queues[queue].Redriven, counts.Failed, counts.Left)
		}
	}
}

// moveBar moves the progress bar, once a call has found dead letters.
func (d *drive) moveBar(counts *deadletter.Counts) {
	total := d.done + counts.Left - counts.Failed
	if d.request.DryRun || total <= 0 {
		return
	}
	if d.bar == nil {
		d.bar = d.p.NewBar()
	}
	d.bar.Set(d.done, total)
}

// max returns how many dead letters the next call redrives at most: a batch, or the whole queue. 0 means no limit.
func (d *drive) max(whole bool) int {
	left := d.request.Max - d.done
	switch {
	case whole:
		return max(0, left)
	case d.request.Max == 0:
		return maxBatch
	}
	return min(maxBatch, left)
}

// add adds a call's answer to the total.
func (d *drive) add(queue names.Queue, counts *deadletter.Counts, answer deadletter.Answer) {
	d.done += counts.Redriven + counts.Failed + counts.Listed
	d.total.Throttled += answer.Throttled
	sum := d.total.Queues[queue]
	if sum == nil {
		sum = &deadletter.Counts{}
		d.total.Queues[queue] = sum
	}
	sum.Redriven += counts.Redriven
	sum.Listed += counts.Listed
	// The same dead letters may fail or be skipped in every call, so a sum would count them several times. The last
	// call's counts are right.
	sum.Failed, sum.Skipped, sum.Left = counts.Failed, counts.Skipped, counts.Left
	for _, l := range answer.Letters {
		known := func(other deadletter.Summary) bool { return other.MessageID == l.MessageID }
		if !slices.ContainsFunc(d.total.Letters, known) {
			d.total.Letters = append(d.total.Letters, l)
		}
	}
}

// stopped returns the error for a redrive that ended early. What the last call did is not known.
func (d *drive) stopped(err error, line command.Line) error {
	answered := len(d.total.Queues) > 0
	if !answered && !errors.Is(err, context.Canceled) {
		return err
	}
	done := "no call has answered yet, so the number is not known"
	switch {
	case d.request.DryRun:
		done = "nothing was changed: the dead letters were only listed"
	case answered:
		redriven := 0
		for _, counts := range d.total.Queues {
			redriven += counts.Redriven
		}
		done = output.Count(redriven, "dead letter") + " redriven, and perhaps more by the last call"
	}
	if !d.request.DryRun {
		done += "; that call continues in Lambda, and nothing is lost: a dead letter stays in its queue until its " +
			"functions have succeeded"
	}
	if left := d.request.Max - d.done; d.request.Max > 0 && left > 0 {
		line = line.With("--max", strconv.Itoa(left))
	}
	return &command.StoppedError{Err: err, Done: done, Resume: line}
}
