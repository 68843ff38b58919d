package main

import (
	"fmt"

	"sdtasktracker/infra/report"
)

// mostReasons is how many reasons of failures a table shows.
const mostReasons = 10

// printSummary prints what stats counted.
func (s *session) printSummary(of *summary) error {
	switch s.Output {
	case "json":
		return printJSON(s.out, []*summary{of})
	case "csv":
		return s.printCSV(figures(of))
	}
	fmt.Fprintf(s.out, "%s to %s (UTC)\n\n", report.Clock(of.Since), report.Clock(of.Until))
	of.Total.Runtime = "all"
	s.printTable(runtimes(append(of.Runtimes, &of.Total)))
	if len(of.Errors) > 0 {
		fmt.Fprintln(s.out, "\nFailures by reason:")
		rows := sheet{headings: []heading{{"tasks", "tasks"}, {"error", "error"}}}
		for _, r := range of.Errors[:min(len(of.Errors), mostReasons)] {
			if r.Error == "" {
				r.Error = "not known"
			}
			rows.rows = append(rows.rows, []any{r.Tasks, r.Error})
		}
		s.printTable(rows)
		if more := len(of.Errors) - mostReasons; more > 0 {
			fmt.Fprintf(s.out, "There are %d more reasons: --output json has all.\n", more)
		}
	}
	if len(of.Durations) > 0 {
		fmt.Fprintln(s.out, "\nTasks by duration:")
		s.printHistogram(of.Durations)
	}
	return nil
}

// figures has all of a summary, a figure in each row: of all tasks, of a runtime, of
// a reason, or of a bar of the histogram.
func figures(of *summary) sheet {
	rows := sheet{headings: []heading{{"section", ""}, {"name", ""}, {"figure", ""}, {"value", ""}}}
	add := func(section, name string, c *counts) {
		table := runtimes([]*counts{c})
		for i, value := range table.rows[0][1:] {
			if value != nil {
				rows.rows = append(rows.rows, []any{section, name, table.headings[i+1].name, value})
			}
		}
	}
	add("all", "", &of.Total)
	for _, c := range of.Runtimes {
		add("runtime", c.Runtime, c)
	}
	for _, r := range of.Errors {
		rows.rows = append(rows.rows, []any{"error", r.Error, "tasks", r.Tasks})
	}
	for _, b := range of.Durations {
		rows.rows = append(rows.rows, []any{"duration", b.label, "tasks", b.Tasks})
	}
	return rows
}

// runtimes has a row for each runtime's counts.
func runtimes(all []*counts) sheet {
	rows := sheet{headings: []heading{
		{"runtime", "runtime"}, {"tasks", "tasks"}, {"running", "running"}, {"completed", "completed"},
		{"failed", "failed"}, {"reruns", "reruns"}, {"images", "images"},
		{"duration_p50_ms", "duration p50"}, {"duration_p95_ms", "p95"},
		{"delivery_p50_ms", "delivery p50"}, {"delivery_p95_ms", "p95"},
	}}
	for _, c := range all {
		rows.rows = append(rows.rows, []any{
			c.Runtime, c.Tasks, c.Running, c.Completed, c.Failed, c.Reruns, c.Images,
			milliseconds(c.DurationP50), milliseconds(c.DurationP95),
			milliseconds(c.DeliveryP50), milliseconds(c.DeliveryP95),
		})
	}
	return rows
}
