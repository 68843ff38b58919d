package main

import (
	"time"

	"sdtasktracker/shared/tasktable"
)

// column is a column of a list of tasks. Its value is a text, a time, a duration
// or a number; nil if it is not known.
type column struct {
	heading
	value func(t tasktable.Task, now time.Time) any
}

var (
	columnID       = plainColumn("task_id", "task", func(t tasktable.Task) any { return t.ID })
	columnStatus   = plainColumn("status", "status", func(t tasktable.Task) any { return t.Status })
	columnRuntime  = plainColumn("runtime", "runtime", func(t tasktable.Task) any { return t.Runtime })
	columnUpdated  = plainColumn("updated_at", "updated (UTC)", func(t tasktable.Task) any { return t.UpdatedAt })
	columnFailed   = plainColumn("finished_at", "failed (UTC)", func(t tasktable.Task) any { return t.FinishedAt })
	columnDuration = plainColumn("duration_ms", "duration", func(t tasktable.Task) any { return known(t.Duration()) })
	columnDelivery = plainColumn("delivery_status", "delivery", func(t tasktable.Task) any { return t.DeliveryStatus })
	columnError    = plainColumn("error", "error", func(t tasktable.Task) any { return t.Error })
	columnImages   = plainColumn("image_count", "images", func(t tasktable.Task) any {
		if t.Status.Terminal() {
			return t.ImageCount
		}
		return nil
	})
	columnFirstStart = plainColumn("first_started_at", "first started (UTC)", func(t tasktable.Task) any {
		return t.FirstStartedAt
	})
	columnRunning = column{heading{"running_ms", "since the first start"}, func(t tasktable.Task, now time.Time) any {
		return known(runningFor(t, now))
	}}
)

// plainColumn is a column whose values do not depend on the time.
func plainColumn(name, title string, value func(tasktable.Task) any) column {
	return column{heading{name, title}, func(t tasktable.Task, _ time.Time) any { return value(t) }}
}

func known(d time.Duration, known bool) any {
	if !known {
		return nil
	}
	return d
}

// print prints tasks: all that is known of them in JSON, else these columns.
func (s *session) print(tasks []tasktable.Task, columns ...column) error {
	now := s.now()
	if s.Output == "json" {
		var documents []document
		for _, t := range tasks {
			documents = append(documents, newDocument(t, now))
		}
		return printJSON(s.out, documents)
	}
	var rows sheet
	for _, c := range columns {
		rows.headings = append(rows.headings, c.heading)
	}
	for _, t := range tasks {
		var row []any
		for _, c := range columns {
			row = append(row, c.value(t, now))
		}
		rows.rows = append(rows.rows, row)
	}
	return s.printSheet(rows)
}

// printSheet prints a sheet as a table or as CSV.
func (s *session) printSheet(rows sheet) error {
	if s.Output == "csv" {
		return s.printCSV(rows)
	}
	s.printTable(rows)
	return nil
}
