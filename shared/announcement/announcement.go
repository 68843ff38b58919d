// Package announcement parses what "Asynchronous Image Generation with Stable
// Diffusion on AWS" publishes to its output topic: one JSON object per message,
// announcing that a task is running, has completed or has failed. It also parses
// what callers publish to the guidance's input topic: the requests for tasks.
//
// A message is untrusted input. An error in it is reported as an [*InvalidError]
// that names the field. The package never guesses.
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

// Queued is the status of a requested task. The guidance does not announce it: it
// is the status of a [Request].
const Queued Status = "queued"

// Terminal reports whether a task in this status has ended.
func (s Status) Terminal() bool { return s == Completed || s == Failed }

// Reconciled is the source of announcements that the reconcile function
// reconstructs. They have neither context nor runtime.
const Reconciled = "reconcile"

// MaxIDBytes is the maximum length of a task id, in bytes of UTF-8. It is DynamoDB's
// limit for a partition key ("Quotas in Amazon DynamoDB"). Releases of the guidance
// before v1.2.0 have no limit.
const MaxIDBytes = 2048

// AnnouncedIDCharacters is how many characters (Unicode code points) of a task's id
// the guidance announces since v1.2.0. Its API still answers with the whole id.
const AnnouncedIDCharacters = 64

// AnnouncedID returns the id that the guidance announces since v1.2.0: the first
// [AnnouncedIDCharacters] characters of the caller's id.
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
	// TaskID is the message's id as text. Python decides the text of a number, true
	// and false: 7, 0.5, 1e+16, inf, True. The task's caller chooses the id, and may
	// reuse it.
	TaskID string
	// Status is the message's status. In messages that predate the field, it follows
	// from the result.
	Status Status
	// Runtime is the name of the task's runtime; "" in messages that predate the
	// field.
	Runtime string
	// ImageURLs are the generated images, as s3://BUCKET/KEY. The key is not
	// URL-encoded. Empty while Running.
	ImageURLs []string
	// OutputURL is the URL of the runtime's raw output, or of a failed task's
	// error report.
	OutputURL string
	// Error is why the task failed, for a person; "" if the message does not say it.
	// Since 1.0, only the error report says it.
	Error string
	// Context is the JSON value that the task's caller sent, exactly as in the
	// message. It may include NaN, Infinity and -Infinity. It is nil if the message
	// has no context.
	Context json.RawMessage
	// Caller identifies the task's caller; "" if unknown. No message has it: the
	// functions take it from the context with [Announcement.ContextText].
	Caller string
	// TaskType is the requested kind of task, such as "text-to-image", and Prefix is the
	// beginning of its objects' keys. Both are "" in announcements.
	TaskType, Prefix string
	// Request is what the caller asked for, a JSON object from [AskedOf]; "" if the
	// deployment doesn't keep it. No announcement has it.
	Request string
	// Source is [Reconciled] for a reconstructed announcement; "" for the guidance's
	// own.
	Source string
	// Extra has the unknown fields, by name. Like the context, they may include NaN
	// and infinities.
	Extra map[string]json.RawMessage

	// MessageID is the SNS message id. It is the same in every redelivery.
	MessageID string
	// PublishedAt is when the message was published, to the millisecond.
	PublishedAt time.Time
}

// Version returns a string that orders the announcements of a task: by publish time,
// then by status (queued, running, terminal), then by message id. Only a redelivery
// has an equal version.
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

// stamped adds the message's SNS metadata.
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

// InvalidError says why a message is not a valid announcement or request. Retrying
// can't help.
type InvalidError struct {
	// Field is the invalid field, or "message" for the message as a whole.
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
