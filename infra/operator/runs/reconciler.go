package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/reconciliation"
)

// maxFindings is how many findings the command keeps and shows at most.
const maxFindings = 1000

// reconciler calls the reconcile function until all runs are compared, and sums its answers.
type reconciler struct {
	options *Reconcile
	p       *output.Printer
	clock   command.Clock
	line    command.Line
	invoke  deployment.Invoker[reconciliation.Request, reconciliation.Answer]
	started time.Time
	// answered reports whether a call has answered, and total is the sum of the answers.
	answered bool
	total    reconciliation.Answer
}

// run calls the function until it has worked through one request.
func (r *reconciler) run(ctx context.Context, request reconciliation.Request) error {
	r.total.More = request.Continue
	for {
		answer, err := r.invoke(ctx, request)
		if err != nil {
			return err
		}
		if answer.Kinds == nil {
			return &deployment.FunctionError{
				Text: "the response of the reconcile function has no kinds of runs: deploy the stack again"}
		}
		r.add(answer)
		if len(answer.More) == 0 {
			return nil
		}
		request.Outputs, request.Continue = nil, answer.More
		rate := float64(r.total.Objects) / r.clock.Now().Sub(r.started).Seconds()
		r.p.Progressf("%s (%.0f objects/s)\n", r.progress(), rate)
	}
}

func (r *reconciler) add(answer reconciliation.Answer) {
	r.answered = true
	t := &r.total
	t.Objects += answer.Objects
	t.Foreign += answer.Foreign
	t.Runs += answer.Runs
	t.Repaired += answer.Repaired
	t.Failed += answer.Failed
	t.Requests += answer.Requests
	t.Throttled += answer.Throttled
	t.More = answer.More
	for kind, n := range answer.Kinds {
		t.Kinds[kind] += n
	}
	room := maxFindings - len(t.Findings)
	t.Findings = append(t.Findings, answer.Findings[:min(room, len(answer.Findings))]...)
}

// runInventory works through the raw outputs in an inventory, MaxOutputs in each request.
func (r *reconciler) runInventory(ctx context.Context, d *deployment.Deployment, request reconciliation.Request) error {
	inventory, err := openInventory(ctx, d.Config, r.options.Inventory, d.OutputBucket)
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

func (r *reconciler) progress() string {
	return fmt.Sprintf("%s, %s, %d repaired", output.Count(r.total.Objects, "object"), output.Count(r.total.Runs, "run"),
		r.total.Repaired)
}

// stopped returns the error for a reconcile that ended early. It says how to continue. What the last call did is not
// known.
func (r *reconciler) stopped(err error) error {
	interrupted, done, line := errors.Is(err, context.Canceled), r.progress(), r.line
	if !r.answered {
		if !interrupted {
			return err
		}
		done = "no call has answered yet, so the numbers are not known"
	}
	if interrupted {
		done += fmt.Sprintf("; the last call continues in Lambda for about %d seconds, or until it has repaired what it "+
			"listed", callSeconds)
	}
	done += "; nothing is lost: the next reconcile skips repaired runs"
	if len(r.total.More) > 0 && r.options.Inventory == "" {
		line = line.With("--continue", resumeToken(r.total.More).String())
	}
	return &command.StoppedError{Err: err, Done: done, Resume: line}
}
