package main

import (
	"time"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// column is a column of a list of tasks. Its value is a text, a time, a duration
// or a number; nil if it is not known.
type column struct {
	heading output.Column
	value   func(t tasktable.Task, now time.Time) any
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
		return firstStart(t)
	})
	columnRunning = column{
		output.Column{Name: "running_ms", Title: "since the first start"},
		func(t tasktable.Task, now time.Time) any { return known(runningFor(t, now)) },
	}
)

// plainColumn is a column whose values do not depend on the time.
func plainColumn(name, title string, value func(tasktable.Task) any) column {
	return column{output.Column{Name: name, Title: title}, func(t tasktable.Task, _ time.Time) any { return value(t) }}
}

func known(d time.Duration, known bool) any {
	if !known {
		return nil
	}
	return d
}

// printTasks prints tasks: all that is known of them in JSON, else these columns.
func printTasks(p *output.Printer, tasks []tasktable.Task, now time.Time, columns ...column) {
	var documents []document
	var headings []output.Column
	for _, c := range columns {
		headings = append(headings, c.heading)
	}
	rows := output.NewSheet(headings)
	for _, t := range tasks {
		documents = append(documents, newDocument(t, now))
		var row []any
		for _, c := range columns {
			row = append(row, c.value(t, now))
		}
		rows.Add(row...)
	}
	output.Print(p, documents, rows, nil)
}
