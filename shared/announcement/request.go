package announcement

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/aws/aws-lambda-go/events"
)

// Request is a message of the guidance's input topic, in which a caller asks for a
// task. Content is confidential: neither logs nor errors may quote it.
type Request struct {
	// Task is the part to record. Its status is [Queued].
	Task Announcement
	// Content is the input of the runtime, such as the prompt; nil if it is missing. It
	// is exactly as in the message, and may include NaN and infinities.
	Content json.RawMessage
}

// Why the guidance's agent never starts some requests (its main.py).
const (
	errNoContent = "the request has no content: the guidance's agent deletes it without announcing anything"
	errNoPrefix  = "the request's prefix is empty: the guidance's agent deletes it without announcing anything"
)

// maxPrefixBytes is how much of a prefix the task table keeps. It is the maximum length of an S3 key.
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
			r.Task.Runtime = Clip(runtime, maxShortBytes)
		}
	}
	return r, nil
}

// ParseRequest parses a request, an object of metadata and content. The metadata's id
// may be any JSON scalar, as in an announcement. runtime, tasktype and prefix are
// strings, and context is any JSON value. ParseRequest cuts off long strings. All fields
// but the id may be missing. A null field counts as missing, except for content: the
// agent passes null to its runtime, and announces the failure.
//
// Before 1.0, a request is the image server's input, with id_task and task in
// alwayson_scripts.
//
// ParseRequest accepts a request without content or with an empty prefix, and sets the
// task's Error: the guidance never announces such a task.
//
// The error is an [*InvalidError].
func ParseRequest(message []byte) (Request, error) {
	fields, err := splitRequest("message", message)
	if err != nil {
		return Request{}, ofRequest(err)
	}
	content, name, id, taskType := fields["content"], "metadata", "id", "tasktype"
	if fields[name] == nil && fields["alwayson_scripts"] != nil {
		content, name, id, taskType = message, "alwayson_scripts", "id_task", "task"
	}
	metadata, err := splitRequest(name, fields[name])
	if err != nil {
		return Request{}, ofRequest(err)
	}
	_, hasPrefix := metadata["prefix"]
	f := fieldReader{path: name + ".", fields: metadata, secret: true}
	r := Request{Content: content, Task: Announcement{
		TaskID:   f.id(id),
		Status:   Queued,
		Runtime:  Clip(f.text("runtime"), maxShortBytes),
		TaskType: Clip(f.text(taskType), maxShortBytes),
		Prefix:   Clip(f.text("prefix"), maxPrefixBytes),
		Context:  f.raw("context"),
	}}
	if f.err != nil {
		return Request{}, ofRequest(f.err)
	}
	switch {
	case r.Content == nil:
		r.Task.Error = errNoContent
	case hasPrefix && r.Task.Prefix == "":
		r.Task.Error = errNoPrefix
	}
	return r, nil
}

// splitRequest is like splitObject, but its errors name the object, and quote nothing but members' names.
func splitRequest(name string, text []byte) (map[string]json.RawMessage, error) {
	if len(text) == 0 && name != "message" {
		return nil, invalid(name, "is missing")
	}
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && start[0] != '{' {
		return nil, invalid(name, "is not a JSON object")
	}
	fields, err := splitObject(text)
	if problem := new(InvalidError); errors.As(err, &problem) {
		problem.Field = name
	}
	return fields, err
}

// ofRequest marks an InvalidError as that of a request.
func ofRequest(err error) error {
	if problem := new(InvalidError); errors.As(err, &problem) {
		return &InvalidError{Field: problem.Field, Problem: problem.Problem, request: true}
	}
	return err
}
