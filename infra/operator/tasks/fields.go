package tasks

import (
	"reflect"
	"slices"
	"time"

	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// view is a task as it is shown.
type view struct {
	// details has no attributes in lists: only get reads them.
	details tasktable.Details
	now     time.Time
	links   links
	// earlier has the objects of other runs, and earlierNote why they are not known.
	earlier     []string
	earlierNote string
}

// newView is a task with the attributes that lists have.
func newView(task tasktable.Task, now time.Time) view {
	return view{details: tasktable.Details{Task: task}, now: now}
}

// newDetailedView is a task with all attributes.
func newDetailedView(details tasktable.Details, now time.Time) view {
	return view{details: details, now: now}
}

// field is something that is shown of a task.
type field struct {
	// name is the attribute's, or the command's own; title is for people.
	name, title string
	// value is a text, number, time, duration, list or document; what isKnown refuses is not shown. If value is nil,
	// the value is that of [fields.Value].
	value func(view) any
}

// taskFields are all fields, in the order in which people read them. Text, JSON, CSV and the columns of lists come
// from them. In JSON, expires_at is a time, unlike the attribute; running_ms, wait_ms, runs and links are the command's
// own.
var taskFields = []field{
	{"task_id", "task", nil},
	{"status", "status", nil},
	{"error", "error", nil},
	{"runtime", "runtime", nil},
	{"caller", "caller", nil},
	{"updated_at", "updated (UTC)", nil},
	{"queued_at", "queued (UTC)", nil},
	{"wait_ms", "waited", wait},
	{"first_started_at", "first started (UTC)", nil},
	{"started_at", "started (UTC)", nil},
	{"running_ms", "running for", runningFor},
	{"finished_at", "finished (UTC)", nil},
	{"duration_ms", "duration", nil},
	{"runs", "completed runs", nil},
	{"image_count", "images", nil},
	{"delivery_status", "delivery", nil},
	{"delivered_at", "delivered (UTC)", nil},
	{"delivery_error", "delivery error", nil},
	{"task_type", "task type", nil},
	{"prefix", "prefix", nil},
	{"expires_at", "expires (UTC)", nil},
	{"source", "source", nil},
	{"image_url", "published images", nil},
	{"image_url_omitted", "more images", nil},
	{"output_url", "output", nil},
	{"delivered", "delivered objects", nil},
	{"delivered_omitted", "more delivered", nil},
	{"empty_objects", "empty objects", nil},
	{"empty_objects_omitted", "more empty", nil},
	{"earlier_runs", "objects of earlier runs", func(v view) any { return v.earlier }},
	{"earlier_runs_note", "earlier runs", func(v view) any { return v.earlierNote }},
	{"request", "asked for", func(v view) any { return document(v.details.Task.Request) }},
	{"links", "links", func(v view) any { return v.links }},
	{"context", "context", func(v view) any { return document(v.details.Task.Context).ifValid() }},
	{"context_json", "context", func(v view) any { return document(v.details.Task.Context).ifInvalid() }},
	{"context_omitted", "context", func(v view) any { return omission(v.details.Task.ContextOmitted) }},
	{"extra", "extra", func(v view) any { return document(v.details.Task.Extra).ifValid() }},
	{"extra_json", "extra", func(v view) any { return document(v.details.Task.Extra).ifInvalid() }},
	{"extra_omitted", "extra", func(v view) any { return omission(v.details.Attribute("extra_omitted") != nil) }},
	{"message_id", "SNS message", nil},
}

// columns are the fields with these names. It panics if there is no such field.
func columns(names ...string) (chosen []field) {
	for _, name := range names {
		chosen = append(chosen, taskFields[slices.IndexFunc(taskFields, func(f field) bool { return f.name == name })])
	}
	return chosen
}

// of is the field's value of a task; nil if it is not known.
func (f field) of(v view) any {
	var value any
	if f.value == nil {
		value = fields.Value(v.details, f.name)
	} else {
		value = f.value(v)
	}
	if !isKnown(value) {
		return nil
	}
	return value
}

// isKnown reports whether a value is there: neither nil nor empty. A number and a duration may be zero.
func isKnown(value any) bool {
	if at, ok := value.(time.Time); ok {
		return !at.IsZero()
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Invalid:
		return false
	case reflect.String, reflect.Slice:
		return v.Len() > 0
	case reflect.Bool:
		return v.Bool()
	}
	return true
}

// runningFor is how long a task has been running since its first start.
func runningFor(v view) any {
	if v.details.Task.Status != announcement.Running || v.details.Task.FirstStartedAt.IsZero() {
		return nil
	}
	return v.now.Sub(v.details.Task.FirstStartedAt)
}

// wait is known only of a task whose request was recorded.
func wait(v view) any {
	if d, known := v.details.Task.Wait(v.now); known {
		return d
	}
	return nil
}
