package runs

import (
	"slices"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/reconciliation"
)

// meanings maps each kind to what it means and what to do about it.
var meanings = map[reconciliation.Kind]string{
	reconciliation.Agreeing:       "recorded and delivered",
	reconciliation.MissingInTable: "never announced: --repair records and delivers it",
	reconciliation.MissingImage:   "announced, not delivered: --repair delivers it",
	reconciliation.Removed:        "somebody removed it: --repair --restore delivers it again",
	reconciliation.Different:      "compare both objects: nothing is overwritten",
	reconciliation.WithoutObjects: "its files are gone from the output bucket",
	reconciliation.Expired:        "older than the table keeps tasks",
	reconciliation.Undecidable:    "could not be compared, for the reason below",
	reconciliation.Pending:        "ended in the last hour: Lambda may still be retrying",
}

// print prints what was found.
func (r *reconciler) print() {
	slices.SortStableFunc(r.total.Findings, reconciliation.Finding.Compare)
	output.Print(r.p, []reconciliation.Answer{r.total}, r.findings(true), r.printText)
	if n := r.total.Kinds[reconciliation.Pending]; n > 0 {
		r.p.Progressf("Not recorded or delivered yet: %s that ended in the last hour. Lambda may still be retrying. "+
			"To repair now: %v\n", output.Count(n, "run"), r.line.With("--repair").With("--until", "now"))
	}
}

func (r *reconciler) printText() {
	summary := output.NewSheet(output.Columns("runs that are", "number", "meaning"))
	disagreeing := 0 // the function names a finding for each of these, up to its limit
	for _, kind := range reconciliation.Kinds {
		n := r.total.Kinds[kind]
		if n > 0 {
			summary.Add(string(kind), n, meanings[kind])
		}
		if !kind.Quiet() {
			disagreeing += n
		}
	}
	if !summary.Empty() {
		r.p.PrintTable(summary)
	}
	if len(r.total.Findings) > 0 {
		r.p.Printf("\n")
		r.p.PrintTable(r.findings(r.options.Repair))
	}
	if shown := len(r.total.Findings); shown < disagreeing {
		r.p.Printf("Only %d of %d are shown: the function names at most 100 for each call.\n", shown, disagreeing)
	}
	r.printSum()
}

// printSum prints what was compared and repaired, and what to do about the rest.
func (r *reconciler) printSum() {
	r.p.Printf("\n%s, %s", output.Count(r.total.Objects, "object"), output.Count(r.total.Runs, "run"))
	if r.total.Foreign > 0 {
		r.p.Printf(" (not the guidance's: %s)", output.Count(r.total.Foreign, "object"))
	}
	r.p.Printf(".\n")
	if r.total.Throttled > 0 {
		r.p.Printf("%s\n", output.Throttled(r.total.Throttled))
	}
	gaps := r.total.Kinds[reconciliation.MissingInTable] + r.total.Kinds[reconciliation.MissingImage]
	switch {
	case r.options.Repair && r.total.Repaired+r.total.Failed > 0:
		r.p.Printf("Repaired: %d. Not repaired: %d.\n", r.total.Repaired, r.total.Failed)
	case gaps > 0:
		r.p.Printf("To repair %s, add --repair.\n", output.Count(gaps, "run"))
	case r.total.Kinds[reconciliation.Pending] == 0:
		r.p.Printf("Nothing to repair.\n")
	}
}

// findings returns the runs that don't agree as a table, with the outcomes of their repairs if asked for.
func (r *reconciler) findings(outcomes bool) output.Sheet {
	columns := output.GivingWay(
		output.Columns("kind", "task_id: task", "run", "ended_at: ended", "reason", "outcome"), "task_id", "ended_at")
	if !outcomes {
		columns = columns[:len(columns)-1]
	}
	s := output.NewSheet(columns)
	for _, f := range r.total.Findings {
		outcome := f.Error
		if outcome == "" && f.Repaired {
			outcome = "repaired"
		}
		row := []any{string(f.Kind), f.TaskID, f.Run, f.EndedAt, f.Reason, outcome}
		s.Add(row[:len(columns)]...)
	}
	return s
}
