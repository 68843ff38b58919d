// Package fields defines the fields of a task that the command and the page show.
package fields

import (
	"reflect"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Field is a field of a task.
type Field struct {
	// Name is the attribute's name, or the command's own for what is computed. Title is for people.
	Name, Title string
	// value computes the field from a listed task. If it is nil, only details have the field, as an attribute, or the
	// caller sets it.
	value func(task tasktable.Task, now time.Time) any
}

// All lists the fields in the order in which every format shows them. expires_at is shown as a time; the attribute is a
// number of seconds.
var All = []Field{
	{"task_id", "task", func(t tasktable.Task, _ time.Time) any { return t.ID }},
	{"status", "status", func(t tasktable.Task, _ time.Time) any { return t.Status }},
	{"error", "error", func(t tasktable.Task, _ time.Time) any { return t.Error }},
	{"runtime", "runtime", func(t tasktable.Task, _ time.Time) any { return t.Runtime }},
	{"caller", "caller", func(t tasktable.Task, _ time.Time) any { return t.Caller }},
	{"updated_at", "updated", func(t tasktable.Task, _ time.Time) any { return t.UpdatedAt }},
	{"queued_at", "queued", func(t tasktable.Task, _ time.Time) any { return t.QueuedAt }},
	{"wait_ms", "waited", wait},
	{"first_started_at", "first started", func(t tasktable.Task, _ time.Time) any { return t.FirstStartedAt }},
	{"started_at", "started", func(t tasktable.Task, _ time.Time) any { return t.StartedAt }},
	{"running_ms", "running for", runningFor},
	{"finished_at", "finished", func(t tasktable.Task, _ time.Time) any { return t.FinishedAt }},
	{"duration_ms", "duration", duration},
	{"runs", "completed runs", func(t tasktable.Task, _ time.Time) any { return t.Runs }},
	{"image_count", "images", imageCount},
	{"delivery_status", "delivery", func(t tasktable.Task, _ time.Time) any { return t.DeliveryStatus }},
	{"delivered_at", "delivered", func(t tasktable.Task, _ time.Time) any { return t.DeliveredAt }},
	{"delivery_error", "delivery error", func(t tasktable.Task, _ time.Time) any { return t.DeliveryError }},
	{"task_type", "task type", nil},
	{"prefix", "prefix", nil},
	{"expires_at", "expires", func(t tasktable.Task, _ time.Time) any { return t.ExpiresAt }},
	{"source", "source", nil},
	{"image_url", "published images", nil},
	{"image_url_omitted", "more images", nil},
	{"output_url", "raw output", nil},
	{"delivered", "delivered objects", nil},
	{"delivered_omitted", "more delivered", nil},
	{"empty_objects", "empty objects", nil},
	{"empty_objects_omitted", "more empty", nil},
	{"earlier_runs", "objects of earlier runs", nil},
	{"earlier_runs_note", "earlier runs", nil},
	{"request", "asked for", nil},
	{"links", "links", nil},
	{"context", "context", nil},
	{"context_json", "context", nil},
	{"context_omitted", "context omitted", nil},
	{"extra", "extra", nil},
	{"extra_json", "extra", nil},
	{"extra_omitted", "extra omitted", nil},
	{"message_id", "SNS message", nil},
}

// Beginning is the beginning of a task's prompt, for lists. All has the whole request.
var Beginning = Field{"prompt", "prompt", func(t tasktable.Task, _ time.Time) any { return Prompt(t.Request) }}

// Named returns the fields with these names, in this order. It panics if a name is unknown.
func Named(names ...string) (chosen []Field) {
	for _, name := range names {
		chosen = append(chosen, All[slices.IndexFunc(All, func(f Field) bool { return f.Name == name })])
	}
	return chosen
}

// Of returns a field of a task at a time: a text, number, time, duration, bool or list. It returns nil if the field is
// unknown or empty. A number or a duration may be zero.
func (f Field) Of(d tasktable.Details, now time.Time) any {
	value := d.Attribute(f.Name)
	if f.value != nil {
		value = f.value(d.Task, now)
	}
	if at, ok := value.(time.Time); ok && at.IsZero() {
		return nil
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String, reflect.Slice:
		if v.Len() == 0 {
			return nil
		}
	}
	return value
}

// wait returns how long a task was queued; nil unless its request was recorded.
func wait(t tasktable.Task, now time.Time) any {
	if d, known := t.Wait(now); known {
		return d
	}
	return nil
}

// runningFor returns how long a running task has been running, since its first start.
func runningFor(t tasktable.Task, now time.Time) any {
	if t.Status != announcement.Running || t.FirstStartedAt.IsZero() {
		return nil
	}
	return now.Sub(t.FirstStartedAt)
}

// duration returns how long a task took; nil unless its start was announced.
func duration(t tasktable.Task, _ time.Time) any {
	if d, known := t.Duration(); known {
		return d
	}
	return nil
}

// imageCount returns the number of images; nil before the task has ended.
func imageCount(t tasktable.Task, _ time.Time) any {
	if t.Status.Terminal() {
		return t.ImageCount
	}
	return nil
}
