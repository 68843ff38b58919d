// Package announcement parses what "Asynchronous Image Generation with Stable
// Diffusion on AWS" publishes to its output topic: one JSON object per message,
// announcing that a task is running, has completed or has failed. It also parses
// what callers publish to the guidance's input topic: the requests for tasks.
//
// A message is untrusted input. Anything wrong with it is reported as an
// [*InvalidError] that names the field; nothing is guessed.
package announcement

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Status is the status of a task, as announced.
type Status string

// The guidance's statuses. Completed and Failed are terminal.
const (
	Running   Status = "running"
	Completed Status = "completed"
	Failed    Status = "failed"
)

// Queued is the status of a task that has been asked for. The guidance does not
// announce it: it is the status of a [Request].
const Queued Status = "queued"

// Terminal reports whether a task in this status has ended.
func (s Status) Terminal() bool { return s == Completed || s == Failed }

// Reconciled is the source of announcements that the reconcile function
// reconstructs. They have neither context nor runtime.
const Reconciled = "reconcile"

// MaxIDBytes is the length of the longest accepted task id, in bytes of UTF-8.
// It is DynamoDB's limit for a partition key ("Quotas in Amazon DynamoDB");
// releases of the guidance before v1.2.0 have none of their own.
const MaxIDBytes = 2048

// AnnouncedIDCharacters is how many characters, Unicode code points, of a task's
// id the guidance announces since its v1.2.0. Its API still answers the caller
// with the whole id.
const AnnouncedIDCharacters = 64

// AnnouncedID is the id under which the guidance announces a task since its
// v1.2.0: the first [AnnouncedIDCharacters] characters of the caller's id.
func AnnouncedID(id string) string {
	characters := 0
	for end := range id {
		if characters == AnnouncedIDCharacters {
			return id[:end]
		}
		characters++
	}
	return id
}

// TimeLayout is the format of times in the task table: RFC 3339 in UTC with
// exactly three decimals, so that comparing the strings compares the times. SNS
// gives publish times in milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime formats t in [TimeLayout].
func FormatTime(t time.Time) string { return t.UTC().Format(TimeLayout) }

// Announcement is one message of the output topic, with SNS's metadata.
type Announcement struct {
	// TaskID is the message's id as text; of a number, true and false, Python's
	// text: 7, 0.5, 1e+16, inf, True. The task's caller chooses it, and may
	// reuse it.
	TaskID string
	// Status is the message's status, or is derived from the result in
	// messages that predate the field.
	Status Status
	// Runtime is the name of the runtime that runs the task; "" in messages
	// that predate the field.
	Runtime string
	// ImageURLs are the generated images, as s3://BUCKET/KEY with the key's
	// bytes unchanged, not URL-encoded. Empty while Running.
	ImageURLs []string
	// OutputURL is the URL of the runtime's raw output, or of a failed task's
	// error report.
	OutputURL string
	// Error is why the task failed, for a person; "" if the message does not say
	// so. Only messages from before 1.0 do: of later ones, the error report does.
	Error string
	// Context is the JSON value that the task's caller sent along, in the
	// message's own words, which may include NaN, Infinity and -Infinity; nil
	// if the message has none.
	Context json.RawMessage
	// Caller is the text that a deployment takes from the context, "" for none. No
	// message has it: the functions set it by [Announcement.ContextText].
	Caller string
	// TaskType is what kind of task a request asks for, such as "text-to-image", and
	// Prefix is the beginning of its objects' keys; "" in announcements.
	TaskType, Prefix string
	// Request is what the caller asked for, a JSON object as [AskedOf] makes it; "" if
	// the deployment doesn't keep that. No announcement has it.
	Request string
	// Source is [Reconciled] for an announcement that was reconstructed from what a
	// run left; "" for the guidance's own.
	Source string
	// Extra holds the fields this package does not know, by name. Like the
	// context, they may include NaN and infinities.
	Extra map[string]json.RawMessage

	// MessageID is the SNS message id, the same in every redelivery.
	MessageID string
	// PublishedAt is when the message was published, to the millisecond.
	PublishedAt time.Time
}

// Version orders the announcements of a task as strings. A later publish time
// is greater; at equal times a terminal status is greater than running, and running
// is greater than queued; if that is equal too, the message ids decide. Only a
// redelivery has an equal version.
func (a Announcement) Version() string {
	rank := 0
	switch {
	case a.Status.Terminal():
		rank = 2
	case a.Status == Running:
		rank = 1
	}
	return fmt.Sprintf("%s/%d/%s", FormatTime(a.PublishedAt), rank, a.MessageID)
}

// FromSNS parses the announcement in one record of an SNS event. Its error is
// an [*InvalidError].
func FromSNS(message events.SNSEntity) (Announcement, error) {
	a, err := Parse([]byte(message.Message))
	if err != nil {
		return Announcement{}, err
	}
	return a.stamped(message)
}

// stamped adds what SNS says about the message.
func (a Announcement) stamped(message events.SNSEntity) (Announcement, error) {
	if message.MessageID == "" {
		return Announcement{}, invalid("Sns.MessageId", "is missing: is this event from Amazon SNS?")
	}
	if year := message.Timestamp.Year(); year < 2006 || year > 9999 {
		return Announcement{}, invalid("Sns.Timestamp", "is missing or impossible: is this event from Amazon SNS?")
	}
	a.MessageID = message.MessageID
	a.PublishedAt = message.Timestamp.Truncate(time.Millisecond).UTC()
	return a, nil
}

// InvalidError says why a message is neither an announcement nor a request. Retrying
// can't help: the message itself has to change.
type InvalidError struct {
	// Field is the field at fault, or "message" for the message as a whole.
	Field string
	// Problem completes a sentence that begins with the field.
	Problem string

	request bool // not an announcement
}

func (e *InvalidError) Error() string {
	if e.request {
		return fmt.Sprintf("invalid request: %s %s", e.Field, e.Problem)
	}
	return fmt.Sprintf("invalid announcement: %s %s", e.Field, e.Problem)
}

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Problem: fmt.Sprintf(format, args...)}
}
