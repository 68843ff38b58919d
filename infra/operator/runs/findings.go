package runs

import (
	"slices"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/reconciliation"
)

// meanings say what a kind means, and what to do about it.
var meanings = map[reconciliation.Kind]string{
	reconciliation.Agreeing:       "recorded and delivered",
	reconciliation.MissingInTable: "never announced: --repair records and delivers it",
	reconciliation.MissingImage:   "announced, not delivered: --repair delivers it",
	reconciliation.Removed:        "somebody removed it: --repair --restore delivers it again",
	reconciliation.Different:      "compare both objects: nothing is overwritten",
	reconciliation.WithoutObjects: "its files are gone from the output bucket",
	reconciliation.Expired:        "older than the table keeps tasks",
	reconciliation.Undecidable:    "not known, for the reason below",
}

// print prints what was found.
func (r *reconciler) print(c *Reconcile) {
	slices.SortStableFunc(r.total.Findings, reconciliation.Finding.Compare)
	output.Print(r.p, []reconciliation.Answer{r.total}, r.findings(), func() { r.printText(c) })
}

func (r *reconciler) printText(c *Reconcile) {
	summary := output.NewSheet(output.Columns("runs that are", "number", "meaning"))
	for _, kind := range reconciliation.Kinds {
		if n := r.total.Kinds[kind]; n > 0 {
			summary.Add(string(kind), n, meanings[kind])
		}
	}
	if !summary.Empty() {
		r.p.PrintTable(summary)
	}
	if len(r.total.Findings) > 0 {
		r.p.Printf("\n")
		r.p.PrintTable(r.findings())
	}
	all := r.total.Runs - r.total.Kinds[reconciliation.Agreeing] - r.total.Kinds[reconciliation.Expired]
	if shown := len(r.total.Findings); shown < all {
		r.p.Printf("These are %d of %d: the function names only the first 100 of each call.\n", shown, all)
	}
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
	case c.Repair && r.total.Repaired+r.total.Failed > 0:
		r.p.Printf("Repaired: %d. Not repaired: %d.\n", r.total.Repaired, r.total.Failed)
	case gaps > 0:
		r.p.Printf("To repair %s, add --repair.\n", output.Count(gaps, "run"))
	default:
		r.p.Printf("Nothing to repair.\n")
	}
	if c.Until == nil {
		r.p.Printf("Runs that ended in the last hour are left out (--until 0s includes them).\n")
	}
}

// findings are the runs that do not agree, as a table.
func (r *reconciler) findings() output.Sheet {
	s := output.NewSheet(output.Columns("kind", "task_id: task", "run", "ended_at: ended (UTC)", "reason", "outcome"))
	for _, f := range r.total.Findings {
		outcome := f.Error
		if outcome == "" && f.Repaired {
			outcome = "repaired"
		}
		s.Add(string(f.Kind), f.TaskID, f.Run, f.EndedAt, f.Reason, outcome)
	}
	return s
}
