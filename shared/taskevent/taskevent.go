// Package taskevent publishes one event for each end of a task to an SNS topic, for whoever wants to act on finished
// tasks: a queue, a webhook, a mailbox.
//
// record publishes that a task failed, deliver that its images were delivered or not, each after its write to the
// task table, or before it where reconcile found the announcement. If publishing fails, so does the invocation, and
// Lambda's retries, the dead-letter queue and a redrive publish later. So an event arrives at least once; consumers
// drop repetitions by [Event.ID].
package taskevent

import (
	"encoding/json"
	"unicode/utf8"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// Kind says what became of a task.
type Kind string

const (
	// Delivered: every image is in the delivery bucket. A task that completed without images counts as delivered, with
	// the delivery status [tasktable.DeliveryEmpty].
	Delivered Kind = "delivered"
	// DeliveryFailed: an attempt left images out. Lambda may try again, so Delivered may follow.
	DeliveryFailed Kind = "delivery_failed"
	// TaskFailed: the task was announced as failed.
	TaskFailed Kind = "task_failed"
)

// Limits of the short texts in an event, in bytes. An announcement doesn't limit them.
const (
	maxRuntimeBytes       = 1 << 10
	maxDeliveryErrorBytes = 4 << 10
)

// Event is one end of a task. Its JSON has the names of the task table's attributes.
type Event struct {
	// ID is the same in each repetition of the event, and in no other event: the kind and the announcement's SNS message
	// id.
	ID string `json:"id"`
	// Kind is also the message attribute "event".
	Kind   Kind   `json:"event"`
	TaskID string `json:"task_id"`
	// Status is also a message attribute.
	Status announcement.Status `json:"status"`
	// Runtime is also a message attribute, if it has at most 128 bytes of printable ASCII without quotes and backslashes.
	// At most 1 KB.
	Runtime string `json:"runtime,omitempty"`
	// Caller is whose task it is, if the deployment takes that from the context. It is also a message attribute, under
	// the same condition as the runtime.
	Caller string `json:"caller,omitempty"`
	// FinishedAt is when the task's end was published, in [announcement.TimeLayout].
	FinishedAt string `json:"finished_at"`
	// Version orders the events of a task: a greater one is of a newer announcement.
	Version string `json:"version"`
	// Source is [announcement.Reconciled] if the announcement was lost and reconstructed.
	Source string `json:"source,omitempty"`
	// Error is why the task failed, at most 1 KB.
	Error          string                   `json:"error,omitempty"`
	ImageCount     int                      `json:"image_count"`
	DeliveryStatus tasktable.DeliveryStatus `json:"delivery_status,omitempty"`
	// DeliveryError says which objects are missing and why, at most 4 KB.
	DeliveryError string `json:"delivery_error,omitempty"`
	// Context is what the task's caller sent along, where every JSON parser can read it: where [tasktable.IsNative] holds.
	// Another is in ContextJSON as text. One that the message has no room for is omitted.
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
