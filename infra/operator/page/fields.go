package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/fields"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/infra/operator/reasons"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// shown are the fields of a task that the page shows, in this order. The script shows each under its title, and treats
// some specially by their names.
var shown = fields.Named("status", "error", "delivery_error", "runtime", "caller", "updated_at", "queued_at", "wait_ms",
	"first_started_at", "started_at", "finished_at", "duration_ms", "delivery_status", "delivered_at", "image_count",
	"runs", "expires_at", "source", "task_type", "prefix", "request", "context", "context_omitted", "extra",
	"extra_omitted", "delivered", "delivered_omitted", "empty_objects", "image_url", "image_url_omitted", "output_url",
	"message_id")

// heading is a field's title.
type heading struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

func headings() (all []heading) {
	for _, f := range shown {
		all = append(all, heading{f.Name, strings.ToUpper(f.Title[:1]) + f.Title[1:]})
	}
	return all
}

// entry is a task for the script: fields by name, with escaped texts. "id" is the id in DynamoDB; "shown" is the
// escaped id if they differ.
type entry map[string]any

func newEntry(d tasktable.Details) entry {
	e := entry{"id": d.Task.ID}
	if shown := output.Escape(d.Task.ID); shown != d.Task.ID {
		e["shown"] = shown
	}
	for _, f := range shown {
		e.add(f.Name, f.Of(d, time.Time{}))
	}
	if d.Task.Status == announcement.Queued {
		delete(e, "wait_ms") // the script counts from queued_at
	}
	if why := cmp.Or(d.Task.Error, d.Task.DeliveryError); why != "" {
		e.add("reason", reasons.Of(why))
	}
	e.add(fields.Beginning.Name, fields.Beginning.Of(d, time.Time{}))
	e.add("request", d.Task.Request)
	e.add("context", d.Task.Context)
	e.add("extra", d.Task.Extra)
	return e
}

// add adds a value for the script, if it is known. Times and durations become milliseconds.
func (e entry) add(name string, value any) {
	switch value := value.(type) {
	case nil:
	case string, announcement.Status, tasktable.DeliveryStatus:
		e[name] = output.Escape(fmt.Sprint(value))
	case time.Time:
		e[name] = value.UnixMilli()
	case time.Duration:
		e[name] = value.Milliseconds()
	case []string:
		escaped := make([]string, len(value))
		for i, text := range value {
			escaped[i] = output.Escape(text)
		}
		e[name] = escaped
	case json.RawMessage:
		if len(value) > 0 {
			e[name] = document(value)
		}
	default:
		e[name] = value
	}
}

// maxDocument is the maximum size in bytes of a document that the page shows.
const maxDocument = 256 << 10

// document returns a caller's JSON, indented and escaped.
func document(raw json.RawMessage) string {
	if len(raw) > maxDocument {
		return "too long to show here: sdtasks get shows it"
	}
	return output.Document(raw)
}

// object is a delivered object.
type object struct {
	Name string `json:"name"` // the last segment of its key
	URI  string `json:"uri"`  // s3://BUCKET/KEY, safe to show
	Kind string `json:"kind"` // image, video, audio or file; "" if the name doesn't say
	// URL is where the browser loads the object from; "" if it can't. Download makes the browser save the object; "" if
	// URL serves for that, too.
	URL      string `json:"url,omitempty"`
	Download string `json:"download,omitempty"`
	Empty    bool   `json:"empty,omitempty"` // whether it has no bytes

	uri string // s3://BUCKET/KEY
}

func newObject(uri string, task tasktable.Task) object {
	return object{Name: output.Escape(path.Base(uri)), URI: output.Escape(uri), Kind: kindOf(uri),
		Empty: slices.Contains(task.EmptyObjects, uri), uri: uri}
}

// kinds maps extensions to how browsers show such files.
var kinds = map[string]string{
	".png": "image", ".jpg": "image", ".jpeg": "image", ".webp": "image", ".gif": "image", ".avif": "image",
	".bmp": "image", ".mp4": "video", ".webm": "video", ".mov": "video", ".mkv": "video", ".ogv": "video",
	".mp3": "audio", ".wav": "audio", ".flac": "audio", ".ogg": "audio", ".m4a": "audio", ".aac": "audio",
}

// kindOf returns how a browser shows an object; "" if its key doesn't say. The guidance writes .None for file types
// that it doesn't know, such as WebP, FLAC and Matroska.
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

// deliveries are all delivery statuses.
var deliveries = []tasktable.DeliveryStatus{tasktable.Delivered, tasktable.DeliveryEmpty, tasktable.DeliveryFailed}
