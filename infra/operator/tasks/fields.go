package tasks

import (
	"reflect"
	"slices"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// view is a task as it is shown.
type view struct {
	task tasktable.Task
	// details has the attributes that only get reads.
	details tasktable.Details
	now     time.Time
	links   links
	// earlier has the objects of other runs, and earlierNote why they are not known.
	earlier     []string
	earlierNote string
}

// newView is a task with the attributes that lists have.
func newView(task tasktable.Task, now time.Time) view { return view{task: task, now: now} }

// newDetailedView is a task with all attributes.
func newDetailedView(details tasktable.Details, now time.Time) view {
	return view{task: details.Task, details: details, now: now}
}

// field is something that is shown of a task.
type field struct {
	// name is the attribute's, or the command's own; title is for people.
	name, title string
	// value is a text, number, time, duration, list or document; what isKnown refuses is not shown. If value is nil,
	// the field is the attribute of that name, which only get reads.
	value func(view) any
}

// fields are all fields, in the order in which people read them. Text, JSON, CSV and the columns of lists come from
// them. In JSON, expires_at is a time, unlike the attribute; running_ms, wait_ms, runs and
// links are the command's own.
var fields = []field{
	{"task_id", "task", func(v view) any { return v.task.ID }},
	{"status", "status", func(v view) any { return v.task.Status }},
	{"error", "error", func(v view) any { return v.task.Error }},
	{"runtime", "runtime", func(v view) any { return v.task.Runtime }},
	{"caller", "caller", func(v view) any { return v.task.Caller }},
	{"updated_at", "updated (UTC)", func(v view) any { return v.task.UpdatedAt }},
	{"queued_at", "queued (UTC)", func(v view) any { return v.task.QueuedAt }},
	{"wait_ms", "waited", wait},
	{"first_started_at", "first started (UTC)", func(v view) any { return v.task.FirstStartedAt }},
	{"started_at", "started (UTC)", func(v view) any { return v.task.StartedAt }},
	{"running_ms", "running for", runningFor},
	{"finished_at", "finished (UTC)", func(v view) any { return v.task.FinishedAt }},
	{"duration_ms", "duration", duration},
	{"runs", "completed runs", func(v view) any { return v.task.Runs }},
	{"image_count", "images", imageCount},
	{"delivery_status", "delivery", func(v view) any { return v.task.DeliveryStatus }},
	{"delivered_at", "delivered (UTC)", func(v view) any { return v.task.DeliveredAt }},
	{"delivery_error", "delivery error", nil},
	{"task_type", "task type", nil},
	{"prefix", "prefix", nil},
	{"expires_at", "expires (UTC)", func(v view) any { return v.task.ExpiresAt }},
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
	{"request", "asked for", func(v view) any { return document(v.task.Request) }},
	{"links", "links", func(v view) any { return v.links }},
	{"context", "context", func(v view) any { return document(v.task.Context).ifValid() }},
	{"context_json", "context", func(v view) any { return document(v.task.Context).ifInvalid() }},
	{"context_omitted", "context", func(v view) any { return omission(v.task.ContextOmitted) }},
	{"extra", "extra", func(v view) any { return document(v.task.Extra).ifValid() }},
	{"extra_json", "extra", func(v view) any { return document(v.task.Extra).ifInvalid() }},
	{"extra_omitted", "extra", func(v view) any { return omission(v.details.Attribute("extra_omitted") != nil) }},
	{"message_id", "SNS message", nil},
}

// columns are the fields with these names. It panics if there is no such field.
func columns(names ...string) (chosen []field) {
	for _, name := range names {
		chosen = append(chosen, fields[slices.IndexFunc(fields, func(f field) bool { return f.name == name })])
	}
	return chosen
}

// of is the field's value of a task; nil if it is not known.
func (f field) of(v view) any {
	var value any
	if f.value == nil {
		value = v.details.Attribute(f.name)
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
	if v.task.Status != announcement.Running || v.task.FirstStartedAt.IsZero() {
		return nil
	}
	return v.now.Sub(v.task.FirstStartedAt)
}

// wait is known only of a task whose request was recorded.
func wait(v view) any {
	if d, known := v.task.Wait(v.now); known {
		return d
	}
	return nil
}

// duration is known only of a task whose start was announced.
func duration(v view) any {
	if d, known := v.task.Duration(); known {
		return d
	}
	return nil
}

// imageCount is not known before the task has ended.
func imageCount(v view) any {
	if v.task.Status.Terminal() {
		return v.task.ImageCount
	}
	return nil
}
