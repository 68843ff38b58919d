package runs

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/reconciliation"
)

// maxFindings is how many runs are shown at most.
const maxFindings = 1000

// reconciler calls the reconcile function until it has seen everything, and sums its answers.
type reconciler struct {
	p       *output.Printer
	clock   command.Clock
	line    command.Line
	invoke  deployment.Invoker[reconciliation.Request, reconciliation.Answer]
	started time.Time
	calls   int // that have answered
	total   reconciliation.Answer
}

// run calls the function until it has worked through one request.
func (r *reconciler) run(ctx context.Context, request reconciliation.Request) error {
	for {
		if len(request.Continue) > 0 {
			r.total.More = request.Continue
		}
		answer, err := r.invoke(ctx, request)
		if err != nil {
			return err
		}
		if answer.Kinds == nil {
			return &deployment.FunctionError{
				Text: "the response of the reconcile function has no kinds of runs: perhaps it is another function"}
		}
		if len(answer.More) > 0 && answer.Objects == 0 && reflect.DeepEqual(answer.More, request.Continue) {
			return &deployment.FunctionError{Text: "the reconcile function makes no progress"}
		}
		r.add(answer)
		if r.total.More = answer.More; len(answer.More) == 0 {
			return nil
		}
		request.Outputs, request.Continue = nil, answer.More
		r.printProgress()
	}
}

func (r *reconciler) add(answer reconciliation.Answer) {
	r.calls++
	t := &r.total
	t.Objects += answer.Objects
	t.Foreign += answer.Foreign
	t.Runs += answer.Runs
	t.Repaired += answer.Repaired
	t.Failed += answer.Failed
	t.Requests += answer.Requests
	t.Throttled += answer.Throttled
	for kind, n := range answer.Kinds {
		t.Kinds[kind] += n
	}
	room := maxFindings - len(t.Findings)
	t.Findings = append(t.Findings, answer.Findings[:min(room, len(answer.Findings))]...)
}

// runInventory works through the raw outputs in an inventory, as many in each request as it may have.
func (r *reconciler) runInventory(ctx context.Context, d *deployment.Deployment, uri string,
	request reconciliation.Request,
) error {
	inventory, err := openInventory(ctx, d.Config, uri, d.OutputBucket)
	if err != nil {
		return err
	}
	for key, err := range inventory.outputs(ctx, request.Prefix, request.Since) {
		if err != nil {
			return err
		}
		if request.Outputs = append(request.Outputs, key); len(request.Outputs) == reconciliation.MaxOutputs {
			if err := r.run(ctx, request); err != nil {
				return err
			}
			request.Outputs = nil
		}
	}
	if len(request.Outputs) == 0 {
		return nil
	}
	return r.run(ctx, request)
}

func (r *reconciler) printProgress() {
	rate := ""
	if seconds := r.clock.Now().Sub(r.started).Seconds(); seconds > 0 {
		rate = fmt.Sprintf(" (%.0f objects/s)", float64(r.total.Objects)/seconds)
	}
	r.p.Progressf("%s%s\n", r.progress(), rate)
}

func (r *reconciler) progress() string {
	return fmt.Sprintf("%s, %s, %d repaired", output.Count(r.total.Objects, "object"), output.Count(r.total.Runs, "run"),
		r.total.Repaired)
}

// stopped is the error for a reconcile that ended early: it says how to continue. What the last call has done is not
// known.
func (r *reconciler) stopped(err error, c *Reconcile, line command.Line) error {
	interrupted := errors.Is(err, context.Canceled)
	if r.calls == 0 && !interrupted {
		return err
	}
	done := r.progress()
	if r.calls == 0 {
		done = "no call has answered yet, so the numbers are not known"
	}
	if interrupted {
		done += fmt.Sprintf("; the last call goes on in Lambda for about %d seconds, or until what it has listed is repaired",
			callSeconds)
	}
	done += "; nothing is lost: runs that were repaired agree the next time"
	if len(r.total.More) > 0 && c.Inventory == "" {
		token, encodingErr := resumeToken(r.total.More).MarshalText()
		if encodingErr != nil {
			return errors.Join(err, encodingErr)
		}
		line = line.With("--continue", string(token))
	}
	return &command.StoppedError{Err: err, Done: done, Resume: line}
}
