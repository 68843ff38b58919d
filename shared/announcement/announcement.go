// Package announcement understands what "Asynchronous Image Generation with
// Stable Diffusion on AWS" publishes to its output topic: one JSON object a
// message, announcing that a task runs, completed or failed.
//
// A message is untrusted input. Whatever is wrong with it is reported as an
// [*InvalidError] that names the field; nothing is guessed.
package announcement

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Status is what an announcement says of its task.
type Status string

// The statuses the publisher knows. Completed and Failed are terminal.
const (
	Running   Status = "running"
	Completed Status = "completed"
	Failed    Status = "failed"
)

// Terminal tells whether a task in this status has ended.
func (s Status) Terminal() bool { return s == Completed || s == Failed }

// MaxIDBytes is the longest task id accepted, in bytes of UTF-8. The publisher
// cuts ids to 64 characters; this is DynamoDB's limit for a partition key
// ("Quotas in Amazon DynamoDB").
const MaxIDBytes = 2048

// TimeLayout is how times are written in the task table: RFC 3339 in UTC with
// exactly three decimals, so that comparing the strings compares the times.
// SNS gives publish times in milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// FormatTime writes t in [TimeLayout].
func FormatTime(t time.Time) string { return t.UTC().Format(TimeLayout) }

// Announcement is one message of the output topic, with what SNS says of it.
type Announcement struct {
	// TaskID is the message's id: chosen by the task's caller, and reused.
	TaskID string
	// Status is the message's status; messages older than that field imply
	// it by Result.
	Status Status
	// Runtime is the name of the runtime that ran the task; "" in messages
	// that predate the field.
	Runtime string
	// ImageURLs are the images made, as s3://BUCKET/KEY with the key's bytes
	// as they are. Empty unless Status is Completed.
	ImageURLs []string
	// OutputURL is the runtime's raw output, or a failed task's error report.
	OutputURL string
	// Context is the JSON value the task's caller sent along; nil if the
	// message has none.
	Context json.RawMessage
	// Extra holds the fields this package does not know, by name.
	Extra map[string]json.RawMessage

	// MessageID is SNS's id of the message, the same in every redelivery.
	MessageID string
	// PublishedAt is when the message was published, to the millisecond.
	PublishedAt time.Time
}

// Version orders the announcements of a task as strings: the later publish
// time is greater; at equal times a terminal status is greater than running;
// still equal, the greater message id. Only a redelivery has an equal version.
func (a Announcement) Version() string {
	terminal := 0
	if a.Status.Terminal() {
		terminal = 1
	}
	return fmt.Sprintf("%s/%d/%s", FormatTime(a.PublishedAt), terminal, a.MessageID)
}

// FromSNS reads the announcement in one record of an SNS event. Its error is
// an [*InvalidError].
func FromSNS(message events.SNSEntity) (Announcement, error) {
	a, err := Parse([]byte(message.Message))
	if err != nil {
		return Announcement{}, err
	}
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

// InvalidError says why a message is not an announcement. Trying again cannot
// help: the message itself has to change.
type InvalidError struct {
	// Field is the field at fault, or "message" for the whole of it.
	Field string
	// Problem completes a sentence that begins with the field.
	Problem string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("invalid announcement: %s %s", e.Field, e.Problem)
}

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Problem: fmt.Sprintf(format, args...)}
}
