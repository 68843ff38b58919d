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
		rows := output.NewSheet(output.Columns("tasks", "error"))
		for _, r := range s.Errors[:min(len(s.Errors), maxReasons)] {
			rows.Add(r.Tasks, cmp.Or(r.Error, "not known"))
		}
		p.PrintTable(rows)
		if others := len(s.Errors) - maxReasons; others > 0 {
			p.Printf("%s: --output json lists all.\n", output.Count(others, "other reason"))
		}
	}
	if len(s.Durations) > 0 {
		p.Printf("\nTasks by duration:\n")
		printHistogram(p, s.Durations)
	}
}

// table returns a row for each runtime, and a row for all.
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

// figures returns a row for each figure of all tasks, of each runtime, of each reason and of each bar of the histogram.
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
	for _, b := range s.Durations {
		rows.Add("duration", b.label, "tasks", b.Tasks)
	}
	return rows
}
