package tasks

import (
	"cmp"

	"sdtasktracker/infra/operator/output"
)

// maxReasons is how many reasons of failures a table shows at most.
const maxReasons = 10

// print prints the summary.
func (s *summary) print(p *output.Printer) {
	output.Print(p, []*summary{s}, s.figures(), func() { s.printText(p) })
}

func (s *summary) printText(p *output.Printer) {
	p.Printf("%s to %s (%s)\n\n", p.Time(s.Since), p.Time(s.Until), p.Zone())
	p.PrintTable(s.table())
	if len(s.Errors) > 0 {
		p.Printf("\nFailures by reason:\n")
		rows, others := output.NewSheet(output.Columns("tasks", "error")), s.OtherErrors
		for i, r := range s.Errors {
			if i >= maxReasons {
				others += r.Tasks
				continue
			}
			rows.Add(r.Tasks, cmp.Or(r.Error, "not known"))
		}
		p.PrintTable(rows)
		if others > 0 {
			p.Printf("%s: --output json lists up to %d reasons.\n", output.Count(others, "other failure"), maxErrors)
		}
	}
	if len(s.Durations) > 0 {
		p.Printf("\nTasks by duration:\n")
		printHistogram(p, s.Durations)
	}
}

// table has a row for each runtime, and one for all.
func (s *summary) table() output.Sheet {
	columns := output.Columns("runtime")
	for _, m := range measures {
		columns = append(columns, output.Column{Name: m.name, Title: m.title})
	}
	rows := output.NewSheet(output.GivingWay(columns, "delivery_p95_ms", "delivery_p50_ms", "wait_p95_ms", "wait_p50_ms",
		"queued", "reruns", "running",
		"duration_p50_ms", "duration_p95_ms"))
	add := func(name string, c *counts) {
		row := []any{name}
		for _, m := range measures {
			row = append(row, m.value(c))
		}
		rows.Add(row...)
	}
	for _, c := range s.Runtimes {
		add(c.runtime, c)
	}
	add("all", s.Total)
	return rows
}

// figures has a row for each figure: of all tasks, of a runtime, of a reason, or of a bar of the histogram.
func (s *summary) figures() output.Sheet {
	rows := output.NewSheet(output.Columns("section", "name", "figure", "value"))
	add := func(section, name string, c *counts) {
		for _, m := range measures {
			if value := m.value(c); value != nil {
				rows.Add(section, name, m.name, value)
			}
		}
	}
	add("all", "", s.Total)
	for _, c := range s.Runtimes {
		add("runtime", c.runtime, c)
	}
	for _, r := range s.Errors {
		rows.Add("error", r.Error, "tasks", r.Tasks)
	}
	if s.OtherErrors > 0 {
		rows.Add("other errors", "", "tasks", s.OtherErrors)
	}
	for _, b := range s.Durations {
		rows.Add("duration", b.label, "tasks", b.Tasks)
	}
	return rows
}
