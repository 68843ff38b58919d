// Package taskevent publishes an event for each end of a task to an SNS topic. Subscribers, such as a queue, a webhook
// or a mailbox, can then act on finished tasks.
//
// record publishes that a task failed, and deliver that its images were delivered or not. Both publish after they write
// to the task table, or before it for a reconstructed announcement. If publishing fails, the invocation fails, and
// Lambda's retries or a redrive publish the event. So an event arrives at least once. Consumers drop duplicates by
// [Event.ID].
package taskevent

import (
	"encoding/json"
	"unicode/utf8"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Kind is the kind of an event.
type Kind string

const (
	// Delivered: every image is in the delivery bucket. A task that completed without images counts as delivered, with
	// the delivery status [tasktable.DeliveryEmpty].
	Delivered Kind = "delivered"
	// DeliveryFailed: an attempt did not deliver all images. Lambda may retry it, so Delivered may follow.
	DeliveryFailed Kind = "delivery_failed"
	// TaskFailed: the task was announced as failed.
	TaskFailed Kind = "task_failed"
)

// The maximum lengths of the short texts in an event, in bytes. Announcements have no such limits.
const (
	maxRuntimeBytes       = 1 << 10
	maxDeliveryErrorBytes = 4 << 10
)

// Event announces the end of a task. Its JSON names are those of the task table's attributes.
type Event struct {
	// ID consists of the kind and the announcement's SNS message id. Only duplicates of an event have the same ID.
	ID string `json:"id"`
	// Kind is also the message attribute "event".
	Kind   Kind   `json:"event"`
	TaskID string `json:"task_id"`
	// Status is also a message attribute.
	Status announcement.Status `json:"status"`
	// Runtime has at most 1 KB. It is also a message attribute if it has at most 128 bytes of printable ASCII without
	// quotes and backslashes.
	Runtime string `json:"runtime,omitempty"`
	// Caller identifies the task's caller, if the deployment takes it from the context. It is also a message attribute,
	// under the same condition as the runtime.
	Caller string `json:"caller,omitempty"`
	// FinishedAt is when the task's end was published, in [announcement.TimeLayout].
	FinishedAt string `json:"finished_at"`
	// Version orders the events of a task: newer announcements have greater versions.
	Version string `json:"version"`
	// Source is [announcement.Reconciled] if the announcement was lost and reconstructed.
	Source string `json:"source,omitempty"`
	// Error is why the task failed. It has at most 1 KB.
	Error          string                   `json:"error,omitempty"`
	ImageCount     int                      `json:"image_count"`
	DeliveryStatus tasktable.DeliveryStatus `json:"delivery_status,omitempty"`
	// DeliveryError says which objects are missing and why. It has at most 4 KB.
	DeliveryError string `json:"delivery_error,omitempty"`
	// Context is the JSON value that the task's caller sent, if every JSON parser can read it ([tasktable.IsNative]).
	// Otherwise ContextJSON has it as text. ContextOmitted says that the message has no room for it.
	Context        json.RawMessage `json:"context,omitempty"`
	ContextJSON    string          `json:"context_json,omitempty"`
	ContextOmitted bool            `json:"context_omitted,omitempty"`
	// Delivered are the delivered objects' s3:// URIs, in the order of the images; nil for a task that failed.
	Delivered []string `json:"delivered,omitzero"`
	// DeliveredOmitted is how many more delivered objects the message has no room for.
	DeliveredOmitted int `json:"delivered_omitted,omitempty"`
}

// Failed returns the event of a task that was announced as failed.
func Failed(a announcement.Announcement) Event { return newEvent(TaskFailed, a) }

// Delivery returns the event of an attempt to deliver a completed task.
func Delivery(a announcement.Announcement, d tasktable.Delivery) Event {
	kind := DeliveryFailed
	if d.Status.Complete() {
		kind = Delivered
	}
	e := newEvent(kind, a)
	e.DeliveryStatus, e.DeliveryError = d.Status, announcement.Clip(d.Error, maxDeliveryErrorBytes)
	e.Delivered = append([]string{}, d.URIs...)
	return e
}

func newEvent(kind Kind, a announcement.Announcement) Event {
	e := Event{
		ID: string(kind) + "/" + a.MessageID, Kind: kind, TaskID: a.TaskID, Status: a.Status,
		Runtime: announcement.Clip(a.Runtime, maxRuntimeBytes), Caller: a.Caller,
		FinishedAt: announcement.FormatTime(a.PublishedAt),
		Version:    a.Version(), Source: a.Source, Error: a.Error, ImageCount: len(a.ImageURLs),
	}
	switch {
	case len(a.Context) == 0 || string(a.Context) == "null": // has no value
	case tasktable.IsNative(a.Context):
		e.Context = a.Context
	case utf8.Valid(a.Context):
		e.ContextJSON = string(a.Context)
	default: // JSON has no such text
		e.ContextOmitted = true
	}
	return e
}
