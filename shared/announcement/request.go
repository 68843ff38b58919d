package announcement

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"
)

// Request is a task as its caller asked for it: one message of the guidance's input
// topic. What the caller wants generated is nobody else's business: neither logs nor
// errors may quote Metadata and Content.
type Request struct {
	// Task is what is recorded of the request. Its status is [Queued].
	Task Announcement
	// Metadata holds the metadata's fields this package does not know, by name.
	Metadata map[string]json.RawMessage
	// Content is what the runtime gets, such as the prompt; nil if it is missing. It is
	// in the message's own words, which may include NaN and infinities.
	Content json.RawMessage
}

// errNoContent is why a request without content never starts.
const errNoContent = "the request has no content: the guidance's agent deletes it without announcing anything"

// maxPrefixBytes is how much of a prefix is kept, since the task table keeps it beside every later announcement. An S3
// key has no more bytes.
const maxPrefixBytes = 1024

// RequestFromSNS parses the request in one record of an SNS event. Its error is an
// [*InvalidError].
func RequestFromSNS(message events.SNSEntity) (Request, error) {
	r, err := ParseRequest([]byte(message.Message))
	if err == nil {
		r.Task, err = r.Task.stamped(message)
	}
	if err != nil {
		return Request{}, ofRequest(err)
	}
	// The queues of the guidance's runtimes filter on the attribute.
	if attribute, ok := message.MessageAttributes["runtime"].(map[string]any); ok {
		if runtime, ok := attribute["Value"].(string); ok && runtime != "" {
			r.Task.Runtime = runtime
		}
	}
	return r, nil
}

// ParseRequest parses a request: an object of metadata and content. The metadata's id
// may be any JSON scalar, as in an announcement; runtime, tasktype and prefix are
// strings, and context is anything. Long strings are cut off. All but the id may be
// missing. A null field counts as missing.
//
// A request without content is accepted, with an error for people: the guidance never
// announces such a task.
//
// ParseRequest's error is an [*InvalidError].
func ParseRequest(message []byte) (Request, error) {
	fields, err := splitRequest("message", message)
	if err != nil {
		return Request{}, ofRequest(err)
	}
	metadata, err := splitRequest("metadata", fields["metadata"])
	if err != nil {
		return Request{}, ofRequest(err)
	}
	f := fieldReader{path: "metadata.", fields: metadata, secret: true}
	r := Request{Content: fields["content"], Task: Announcement{
		TaskID:   f.id("id"),
		Status:   Queued,
		Runtime:  f.text("runtime"),
		TaskType: Clip(f.text("tasktype"), maxShortBytes),
		Prefix:   Clip(f.text("prefix"), maxPrefixBytes),
		Context:  f.raw("context"),
	}}
	if f.err != nil {
		return Request{}, ofRequest(f.err)
	}
	if r.Content == nil {
		r.Task.Error = errNoContent
	}
	if len(metadata) > 0 {
		r.Metadata = metadata
	}
	return r, nil
}

// splitRequest is splitObject with errors that don't quote the text.
func splitRequest(name string, text []byte) (map[string]json.RawMessage, error) {
	if len(text) == 0 && name != "message" {
		return nil, invalid(name, "is missing")
	}
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && start[0] != '{' {
		return nil, invalid(name, "is not a JSON object")
	}
	return splitObject(text)
}

// ofRequest makes an InvalidError say that the message is a request.
func ofRequest(err error) error {
	if problem := new(InvalidError); errors.As(err, &problem) {
		return &InvalidError{Field: problem.Field, Problem: problem.Problem, request: true}
	}
	return err
}
