// Package fields reads from a task what the command and the page show of it.
package fields

import "sdtasktracker/shared/tasktable"

// values are the fields that lists have too. They have the names of attributes, but for runs and
// prompt.
var values = map[string]func(tasktable.Task) any{
	"task_id":          func(t tasktable.Task) any { return t.ID },
	"status":           func(t tasktable.Task) any { return t.Status },
	"error":            func(t tasktable.Task) any { return t.Error },
	"runtime":          func(t tasktable.Task) any { return t.Runtime },
	"caller":           func(t tasktable.Task) any { return t.Caller },
	"prompt":           func(t tasktable.Task) any { return Prompt(t.Request) },
	"updated_at":       func(t tasktable.Task) any { return t.UpdatedAt },
	"queued_at":        func(t tasktable.Task) any { return t.QueuedAt },
	"first_started_at": func(t tasktable.Task) any { return t.FirstStartedAt },
	"started_at":       func(t tasktable.Task) any { return t.StartedAt },
	"finished_at":      func(t tasktable.Task) any { return t.FinishedAt },
	"duration_ms":      duration,
	"runs":             func(t tasktable.Task) any { return t.Runs },
	"image_count":      imageCount,
	"delivery_status":  func(t tasktable.Task) any { return t.DeliveryStatus },
	"delivered_at":     func(t tasktable.Task) any { return t.DeliveredAt },
	"expires_at":       func(t tasktable.Task) any { return t.ExpiresAt },
}

// Value is a task's field: a text, number, time, duration, bool or list. It is nil if it is not known, and empty or
// zero if the task doesn't have it. A name that is not in values is an attribute that only details have.
func Value(d tasktable.Details, name string) any {
	if value, listed := values[name]; listed {
		return value(d.Task)
	}
	return d.Attribute(name)
}

// duration is known only of a task whose start was announced.
func duration(t tasktable.Task) any {
	if d, known := t.Duration(); known {
		return d
	}
	return nil
}

// imageCount is not known before the task has ended.
func imageCount(t tasktable.Task) any {
	if t.Status.Terminal() {
		return t.ImageCount
	}
	return nil
}
