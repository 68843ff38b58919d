package letters

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// show prints the totals and the dead letters in Letters.
func (r *Redrive) show(p *output.Printer, line command.Line, total deadletter.Answer) {
	output.Print(p, []deadletter.Answer{total}, rows(total), func() { r.showText(p, line, total) })
}

// rows returns a row for each queue, then a row for each dead letter.
func rows(total deadletter.Answer) output.Sheet {
	s := output.NewSheet(output.Columns("queue", "redriven", "failed", "listed", "skipped", "left", "task", "age_ms",
		"error"))
	for _, queue := range slices.SortedFunc(maps.Keys(total.Queues), names.CompareQueues) {
		c := total.Queues[queue]
		s.Add(queue, c.Redriven, c.Failed, c.Listed, c.Skipped, c.Left, nil, nil, nil)
	}
	for _, l := range total.Letters {
		s.Add(l.Queue, nil, nil, nil, nil, nil, l.Subject(), time.Duration(l.Age), l.Error)
	}
	return s
}

// showText prints the reasons and, with --letters, each dead letter.
func (r *Redrive) showText(p *output.Printer, line command.Line, total deadletter.Answer) {
	request := r.request()
	title, columns := "Failed again", output.Columns("queue", "redriven", "failed again", "skipped", "left")
	if request.DryRun {
		title, columns = "Dead letters", output.Columns("queue", "listed", "skipped", "left")
	}
	summary := output.NewSheet(columns)
	details := 0
	for _, queue := range slices.SortedFunc(maps.Keys(total.Queues), names.CompareQueues) {
		c := total.Queues[queue]
		if request.DryRun {
			summary.Add(queue, c.Listed, c.Skipped, c.Left)
		} else {
			summary.Add(queue, c.Redriven, c.Failed, c.Skipped, c.Left)
		}
		details += c.Listed + c.Failed
	}
	p.PrintTable(summary)
	if shown := len(total.Letters); shown > 0 && shown < details {
		p.Printf("\n%s, the first %d of %d:\n", title, shown, details)
	}
	for _, g := range reasons.Groups(total.Letters) {
		printGroup(p, line, g)
	}
	if len(total.Letters) > 0 && r.Letters {
		p.Printf("\n%s:\n", title)
		p.PrintTable(lettersByAge(total.Letters))
	}
	if total.Throttled > 0 {
		p.Printf("\n%s\n", output.Throttled(total.Throttled))
	}
	if total.More {
		p.Printf("\n%s\n", more(request))
	}
}

// printGroup prints the dead letters that failed for a reason, and what to type once the reason is fixed.
func printGroup(p *output.Printer, line command.Line, g reasons.Group) {
	oldest := g.Letters[0]
	p.Printf("\n%s: %s, the oldest %v old\n", g.Queue, output.Count(len(g.Letters), "dead letter"),
		p.Cell(time.Duration(oldest.Age)))
	p.Printf("  %s\n  for example %s\n  → %v\n", output.Escape(oldest.Error), output.Escape(oldest.Subject()),
		g.Command(line))
}

func lettersByAge(letters []deadletter.Summary) output.Sheet {
	s := output.NewSheet(output.GivingWay(output.Columns("queue", "task", "age", "error"), "queue"))
	for _, l := range reasons.OldestFirst(letters) {
		s.Add(l.Queue, l.Subject(), time.Duration(l.Age), l.Error)
	}
	return s
}

// more says why there may be more dead letters.
func more(request deadletter.Request) string {
	if request.DryRun && !request.HasConditions() {
		return fmt.Sprintf("More are waiting: without a condition or --max, a dry run lists at most %d of each queue.",
			request.Limit())
	}
	return "More may be waiting: redrive stopped before the end of a queue."
}
