package page

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// field is something that the page shows of a task. The script shows every field under its title; it knows more of
// those whose names it uses.
type field struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// value is a text, number, time, duration, list or document. If it is nil, the value is that of [fields.Value].
	value func(tasktable.Details) any
}

// taskFields are all fields, in the order in which people read them.
var taskFields = []field{
	{"status", "Status", nil},
	{"error", "Error", nil},
	{"delivery_error", "Delivery error", nil},
	{"reason", "", func(d tasktable.Details) any { return reasons.Of(d.Task.Error) }},
	{"runtime", "Runtime", nil},
	{"caller", "Caller", nil},
	{"prompt", "", nil},
	{"updated_at", "Updated", nil},
	{"queued_at", "Queued", nil},
	{"wait_ms", "Waited", wait},
	{"first_started_at", "First started", nil},
	{"started_at", "Started", nil},
	{"finished_at", "Finished", nil},
	{"duration_ms", "Duration", nil},
	{"delivery_status", "Delivery", nil},
	{"delivered_at", "Delivered", nil},
	{"image_count", "Images", nil},
	{"runs", "Completed runs", nil},
	{"expires_at", "Expires", nil},
	{"source", "Source", nil},
	{"task_type", "Task type", nil},
	{"prefix", "Prefix", nil},
	{"request", "What was asked", func(d tasktable.Details) any { return d.Task.Request }},
	{"context", "Context", func(d tasktable.Details) any { return d.Task.Context }},
	{"context_omitted", "Context omitted", nil},
	{"extra", "Extra", func(d tasktable.Details) any { return d.Task.Extra }},
	{"extra_omitted", "Extra omitted", nil},
	{"delivered", "Delivered objects", nil},
	{"delivered_omitted", "More delivered objects", nil},
	{"empty_objects", "Empty objects", nil},
	{"image_url", "Published images", nil},
	{"image_url_omitted", "More published images", nil},
	{"output_url", "Raw output", nil},
	{"message_id", "SNS message", nil},
}

// wait is known only of a task whose request was recorded. As long as the task is queued, the script counts from
// queued_at.
func wait(d tasktable.Details) any {
	if d.Task.Status == announcement.Queued {
		return nil
	}
	if d, known := d.Task.Wait(time.Time{}); known {
		return d
	}
	return nil
}

// entry is a task as the script reads it: its fields by name, texts safe to show. id is as DynamoDB has it; shown is
// there if it is not safe to show.
type entry map[string]any

func newEntry(d tasktable.Details) entry {
	e := entry{"id": d.Task.ID}
	if shown := output.Escape(d.Task.ID); shown != d.Task.ID {
		e["shown"] = shown
	}
	for _, f := range taskFields {
		var value any
		if f.value == nil {
			value = fields.Value(d, f.Name)
		} else {
			value = f.value(d)
		}
		if value = scriptValue(value); value != nil {
			e[f.Name] = value
		}
	}
	return e
}

// maxDocument is the size in bytes up to which the page shows a caller's document.
const maxDocument = 256 << 10

// scriptValue is a field's value for the script: milliseconds for times and durations; nil if it is not known.
func scriptValue(value any) any {
	switch value := value.(type) {
	case string:
		if value != "" {
			return output.Escape(value)
		}
	case announcement.Status:
		return scriptValue(string(value))
	case tasktable.DeliveryStatus:
		return scriptValue(string(value))
	case time.Time:
		if !value.IsZero() {
			return value.UnixMilli()
		}
	case time.Duration:
		return value.Milliseconds()
	case []string:
		if len(value) > 0 {
			return escapeAll(value)
		}
	case json.RawMessage:
		return document(value)
	default:
		return value
	}
	return nil
}

func escapeAll(values []string) []string {
	escaped := slices.Clone(values)
	for i, value := range escaped {
		escaped[i] = output.Escape(value)
	}
	return escaped
}

// document is what a caller has sent along, on several lines; nil if there is none. It is not always valid JSON: it
// may have NaN or invalid UTF-8.
func document(raw json.RawMessage) any {
	var indented bytes.Buffer
	switch {
	case len(raw) == 0:
		return nil
	case len(raw) > maxDocument:
		return "too long to show here: sdtasks get shows it"
	case !utf8.Valid(raw) || json.Indent(&indented, raw, "", "  ") != nil:
		return output.Escape(string(raw))
	}
	return output.EscapeJSON(indented.Bytes())
}

// object is a delivered object.
type object struct {
	Name string `json:"name"` // the last segment of its key
	URI  string `json:"uri"`  // s3://BUCKET/KEY, safe to show
	Kind string `json:"kind"` // image, video, audio or file; "" if the name does not tell
	// URL is where the browser finds it; "" if it can't. Download, if there is one, has it saved instead of shown.
	URL      string `json:"url,omitempty"`
	Download string `json:"download,omitempty"`
	Empty    bool   `json:"empty,omitempty"` // whether it has no bytes
}

func newObject(uri string, task tasktable.Task) object {
	return object{Name: output.Escape(path.Base(uri)), URI: output.Escape(uri), Kind: kindOf(uri),
		Empty: slices.Contains(task.EmptyObjects, uri)}
}

// kinds are what browsers show of files with these extensions.
var kinds = map[string]string{
	".png": "image", ".jpg": "image", ".jpeg": "image", ".webp": "image", ".gif": "image", ".avif": "image",
	".bmp": "image", ".mp4": "video", ".webm": "video", ".mov": "video", ".mkv": "video", ".ogv": "video",
	".mp3": "audio", ".wav": "audio", ".flac": "audio", ".ogg": "audio", ".m4a": "audio", ".aac": "audio",
}

// kindOf is what a browser shows of an object; "" if its key does not tell. The guidance writes .None where it does not
// know a file's type: WebP, FLAC and Matroska among others.
func kindOf(uri string) string {
	extension := strings.ToLower(path.Ext(uri))
	if kind, known := kinds[extension]; known {
		return kind
	}
	if extension == ".none" || extension == "" {
		return ""
	}
	return "file"
}

// deliveries are all that can have become of a delivery.
var deliveries = []tasktable.DeliveryStatus{tasktable.Delivered, tasktable.DeliveryEmpty, tasktable.DeliveryFailed}

// parseStatuses are those of the names that are statuses; all if there are none.
func parseStatuses(names []string) (chosen []announcement.Status) {
	for _, status := range tasktable.Statuses {
		if slices.Contains(names, string(status)) {
			chosen = append(chosen, status)
		}
	}
	if len(chosen) == 0 {
		return tasktable.Statuses
	}
	return chosen
}
