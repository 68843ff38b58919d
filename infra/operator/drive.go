package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/cheggaaa/pb/v3"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/invocation"
)

// batch is the most dead letters that one call redrives, so that the command can
// report progress between calls.
const batch = 100

// invoker calls a function once.
type invoker[Request, Answer any] func(context.Context, Request) (Answer, error)

func newInvoker[Request, Answer any](cfg aws.Config, function string) invoker[Request, Answer] {
	// The function may run for its full 15 minutes. A client that timed out
	// earlier and retried would do the same work twice at once.
	client := invocation.NewSingleClient(cfg, 16*time.Minute)
	return func(ctx context.Context, request Request) (answer Answer, err error) {
		payload, err := json.Marshal(request)
		if err != nil {
			return answer, err
		}
		out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(function), Payload: payload})
		if err != nil {
			return answer, fmt.Errorf("invoke %s: %w", function, err)
		}
		if out.FunctionError != nil {
			var failed struct{ ErrorMessage string }
			if json.Unmarshal(out.Payload, &failed) != nil || failed.ErrorMessage == "" {
				failed.ErrorMessage = string(out.Payload)
			}
			return answer, fmt.Errorf("%s failed: %s", function, failed.ErrorMessage)
		}
		if err := json.Unmarshal(out.Payload, &answer); err != nil {
			return answer, fmt.Errorf("read the response of %s: %w", function, err)
		}
		return answer, nil
	}
}

// barTemplate shows how many of how many, how fast, and the time left.
const barTemplate = `{{counters .}} {{bar .}} {{percent .}} {{speed . "%s/s"}} {{rtime . "%s left"}}`

// drive calls the redrive function until it has tried every dead letter, and sums
// the responses.
type drive struct {
	*session
	bar     *pb.ProgressBar // nil unless somebody watches
	invoke  invoker[deadletter.Request, deadletter.Answer]
	request deadletter.Request
	done    int // dead letters that were redriven, failed or listed
	total   deadletter.Answer
}

func (d *drive) all(ctx context.Context, queues []deadletter.Queue) error {
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

// one redrives a queue's dead letters in batches. The dead letters of a batch in
// which all fail again may keep later calls from reaching others that would
// succeed, so one then makes a call without a maximum for the whole queue.
func (d *drive) one(ctx context.Context, queue deadletter.Queue) error {
	call := d.request
	call.Queue = queue
	for size := batch; ; {
		call.Max = d.max(size)
		answer, err := d.invoke(ctx, call)
		if err != nil {
			return err
		}
		counts := answer.Queues[queue]
		d.add(queue, counts, answer.Letters)
		d.total.Throttled += answer.Throttled
		d.done += counts.Redriven + counts.Failed + counts.Listed
		d.report(queue, counts)
		switch {
		case !answer.More || d.full():
			return nil
		case d.request.DryRun:
			d.total.More = true
			return nil
		case counts.Redriven > 0:
		case size == 0 || d.request.Max > 0:
			d.total.More = true
			return nil
		default:
			size = 0
		}
	}
}

// report prints a call's result, or moves the bar.
func (d *drive) report(queue deadletter.Queue, counts *deadletter.Counts) {
	if d.watched {
		if d.bar == nil {
			d.bar = pb.ProgressBarTemplate(barTemplate).New(0).SetWriter(d.progress).Start()
		}
		d.bar.SetTotal(int64(d.done + counts.Left - counts.Failed)).SetCurrent(int64(d.done))
		return
	}
	if d.request.DryRun {
		fmt.Fprintf(d.progress, "%s: %d listed, %d left\n", queue, counts.Listed, counts.Left)
		return
	}
	fmt.Fprintf(d.progress, "%s: %d redriven, %d failed again, %d left\n",
		queue, d.total.Queues[queue].Redriven, counts.Failed, counts.Left)
}

// max is the next call's maximum (0 means no limit), given the batch size.
func (d *drive) max(size int) int {
	switch {
	case d.request.Max == 0 && d.request.DryRun:
		return 0
	case d.request.Max == 0:
		return size
	case d.request.DryRun:
		return d.request.Max - d.done
	}
	return min(batch, d.request.Max-d.done)
}

func (d *drive) add(queue deadletter.Queue, counts *deadletter.Counts, letters []deadletter.Letter) {
	sum := d.total.Queues[queue]
	if sum == nil {
		sum = &deadletter.Counts{}
		d.total.Queues[queue] = sum
	}
	sum.Redriven += counts.Redriven
	sum.Listed += counts.Listed
	// The same dead letters may fail or be skipped in every call, so a sum would
	// count them several times. Only the last call's counts are correct.
	sum.Failed, sum.Skipped, sum.Left = counts.Failed, counts.Skipped, counts.Left
	for _, l := range letters {
		known := func(other deadletter.Letter) bool { return other.MessageID == l.MessageID }
		if !slices.ContainsFunc(d.total.Letters, known) {
			d.total.Letters = append(d.total.Letters, l)
		}
	}
}
