package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"sdtasktracker/shared/reconciliation"
)

// mostFindings is how many runs are shown at most.
const mostFindings = 1000

// reconciler calls the reconcile function until it has seen everything, and sums
// its answers.
type reconciler struct {
	*session
	invoke  invoker[reconciliation.Request, reconciliation.Answer]
	started time.Time
	total   reconciliation.Answer
}

// run has one request worked through.
func (r *reconciler) run(ctx context.Context, request reconciliation.Request) error {
	for {
		if len(request.Continue) > 0 {
			r.total.More = request.Continue
		}
		answer, err := r.invoke(ctx, request)
		if err != nil {
			return err
		}
		if len(answer.More) > 0 && answer.Objects == 0 && reflect.DeepEqual(answer.More, request.Continue) {
			return errors.New("the function gets no further: its log says why")
		}
		r.add(answer)
		if r.total.More = answer.More; len(answer.More) == 0 {
			return nil
		}
		request.Outputs, request.Continue = nil, answer.More
		r.progressLine()
	}
}

func (r *reconciler) add(answer reconciliation.Answer) {
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
	room := mostFindings - len(t.Findings)
	t.Findings = append(t.Findings, answer.Findings[:min(room, len(answer.Findings))]...)
}

func (r *reconciler) progressLine() {
	rate := float64(r.total.Objects) / time.Since(r.started).Seconds()
	fmt.Fprintf(r.progress, "%d objects, %d runs, %d repaired (%.0f objects/s)\n",
		r.total.Objects, r.total.Runs, r.total.Repaired, rate)
}

// interrupted tells how to go on after an error.
func (r *reconciler) interrupted(err error) error {
	if len(r.total.More) == 0 {
		return err
	}
	token, encodingErr := resumeToken(r.total.More).MarshalText()
	if encodingErr != nil {
		return errors.Join(err, encodingErr)
	}
	r.progressLine()
	return fmt.Errorf("%w\nto continue where it stopped, add: --continue %s", err, token)
}

// report prints what was found.
func (r *reconciler) report(repair bool) error {
	slices.SortStableFunc(r.total.Findings, reconciliation.Finding.Compare)
	switch r.Output {
	case "json":
		if err := printJSON(r.out, []reconciliation.Answer{r.total}); err != nil {
			return err
		}
	case "csv":
		if err := r.printCSV(r.findings()); err != nil {
			return err
		}
	default:
		r.printSummary(repair)
	}
	if r.total.Failed > 0 {
		return errNotRepaired
	}
	return nil
}

// meanings tell what a kind means, and what to do about it.
var meanings = map[reconciliation.Kind]string{
	reconciliation.Agreeing:       "recorded and delivered",
	reconciliation.MissingInTable: "never announced: --repair records and delivers it",
	reconciliation.MissingImage:   "announced, not delivered: --repair delivers it",
	reconciliation.Removed:        "somebody moved it; --repair --restore delivers it again",
	reconciliation.Different:      "look at both objects: nothing is overwritten",
	reconciliation.WithoutObjects: "the publisher's bucket has lost it",
	reconciliation.Expired:        "older than the table keeps tasks",
	reconciliation.Undecidable:    "the reason is below; nothing is guessed",
}

func (r *reconciler) printSummary(repair bool) {
	summary := sheet{headings: []heading{{"kind", "runs that are"}, {"runs", "number"}, {"meaning", "meaning"}}}
	for _, kind := range reconciliation.Kinds {
		if n := r.total.Kinds[kind]; n > 0 {
			summary.rows = append(summary.rows, []any{string(kind), n, meanings[kind]})
		}
	}
	if len(summary.rows) > 0 {
		r.printTable(summary)
	}
	if len(r.total.Findings) > 0 {
		fmt.Fprintln(r.out)
		r.printTable(r.findings())
	}
	all := r.total.Runs - r.total.Kinds[reconciliation.Agreeing] - r.total.Kinds[reconciliation.Expired]
	if shown := len(r.total.Findings); shown < all {
		fmt.Fprintf(r.out, "Those are %d of %d: the function names the first hundred of each call.\n", shown, all)
	}
	fmt.Fprintf(r.out, "\n%d objects, %d runs", r.total.Objects, r.total.Runs)
	if r.total.Foreign > 0 {
		fmt.Fprintf(r.out, "; %d of the objects are not the publisher's results", r.total.Foreign)
	}
	fmt.Fprintln(r.out, ".")
	if r.total.Throttled > 0 {
		fmt.Fprintln(r.out, throttled(r.total.Throttled))
	}
	gaps := r.total.Kinds[reconciliation.MissingInTable] + r.total.Kinds[reconciliation.MissingImage]
	switch {
	case repair:
		fmt.Fprintf(r.out, "%d were repaired, %d could not be.\n", r.total.Repaired, r.total.Failed)
	case gaps > 0:
		fmt.Fprintf(r.out, "%d can be repaired: add --repair.\n", gaps)
	default:
		fmt.Fprintln(r.out, "There is nothing to repair.")
	}
}

// findings are the runs that do not agree, as a table.
func (r *reconciler) findings() sheet {
	s := sheet{headings: []heading{{"kind", "kind"}, {"task_id", "task"}, {"run", "run"}, {"ended_at", "ended (UTC)"},
		{"reason", "reason"}, {"outcome", "outcome"}}}
	for _, f := range r.total.Findings {
		outcome := ""
		switch {
		case f.Error != "":
			outcome = f.Error
		case f.Repaired:
			outcome = "repaired"
		}
		s.rows = append(s.rows, []any{string(f.Kind), f.TaskID, f.Run, f.EndedAt, f.Reason, outcome})
	}
	return s
}
