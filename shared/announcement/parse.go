package announcement

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Parse parses a message in any of the publisher's formats:
//
//	v1       id, result, image_url, output_url, context
//	v2       v1 with runtime
//	v3       v2 with status
//	running  runtime, id, status "running", context
//
// A null field counts as missing. Parse's error is an [*InvalidError].
func Parse(message []byte) (Announcement, error) {
	fields, err := splitObject(message)
	if err != nil {
		return Announcement{}, err
	}
	f := fieldReader{fields: fields}
	a := Announcement{
		TaskID:    f.text("id"),
		Status:    Status(f.text("status")),
		Runtime:   f.text("runtime"),
		ImageURLs: f.texts("image_url"),
		OutputURL: f.text("output_url"),
		Context:   f.raw("context"),
	}
	result := f.boolean("result")
	if f.err != nil {
		return Announcement{}, f.err
	}
	if a.Status, err = settleStatus(a.Status, result); err != nil {
		return Announcement{}, err
	}
	switch {
	case a.TaskID == "":
		return Announcement{}, invalid("id", "is missing or empty: it must be the task's id, 1 to 64 characters")
	case len(a.TaskID) > MaxIDBytes:
		return Announcement{}, invalid("id", "has %d bytes: at most %d fit a DynamoDB key", len(a.TaskID), MaxIDBytes)
	case a.Status == Running && len(a.ImageURLs) > 0:
		return Announcement{}, invalid("image_url", "lists images although the status is %q", Running)
	}
	if len(fields) > 0 {
		a.Extra = fields
	}
	return a, nil
}

// settleStatus derives the status of a message that predates the field. It
// refuses a status and a result that contradict each other, since storing
// either would be a guess.
func settleStatus(status Status, result *bool) (Status, error) {
	switch status {
	case "":
		switch {
		case result == nil:
			return "", invalid("status", "and result are both missing: one of them must say how the task went")
		case *result:
			return Completed, nil
		default:
			return Failed, nil
		}
	case Running:
		if result != nil {
			return "", invalid("result", "is %t although the status is %q", *result, status)
		}
	case Completed, Failed:
		if result != nil && *result != (status == Completed) {
			return "", invalid("result", "is %t although the status is %q", *result, status)
		}
	default:
		return "", invalid("status", "is %q: it must be %q, %q or %q", clip(string(status)), Running, Completed, Failed)
	}
	return status, nil
}

// splitObject splits the top level of a JSON object into its fields. Unlike
// unmarshalling into a struct, it matches names case-sensitively and refuses
// equal names instead of letting the last one win.
func splitObject(message []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(message))
	opening, err := decoder.Token()
	if err != nil {
		return nil, notJSON(err)
	}
	if opening != json.Delim('{') {
		return nil, invalid("message", "is JSON but not an object: %s", clip(string(message)))
	}
	fields := make(map[string]json.RawMessage)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, notJSON(err)
		}
		name := token.(string) // the decoder allows nothing else here
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, notJSON(err)
		}
		if _, twice := fields[name]; twice {
			return nil, invalid("message", "has field %q twice", clip(name))
		}
		fields[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, notJSON(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("message", "has text after its JSON object")
	}
	return fields, nil
}

func notJSON(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return invalid("message", "is not JSON: it ends too early")
	}
	return invalid("message", "is not JSON: %v", err)
}

// fieldReader takes the known fields out of an object, which leaves the unknown
// ones, and keeps the first error.
type fieldReader struct {
	fields map[string]json.RawMessage
	err    error
}

func (f *fieldReader) raw(name string) json.RawMessage {
	value := f.fields[name]
	delete(f.fields, name)
	return value
}

// decode decodes a field into target and reports whether it has a value of the
// wanted type.
func (f *fieldReader) decode(name, want string, target any) bool {
	value := f.raw(name)
	if value == nil || string(value) == "null" {
		return false
	}
	// encoding/json would replace invalid UTF-8, which could make two distinct
	// ids equal.
	if err := json.Unmarshal(value, target); err != nil || !utf8.Valid(value) {
		if f.err == nil {
			f.err = invalid(name, "must be %s, but is %s", want, clip(string(value)))
		}
		return false
	}
	return true
}

func (f *fieldReader) text(name string) (value string) {
	f.decode(name, "a string", &value)
	return value
}

func (f *fieldReader) boolean(name string) *bool {
	var value bool
	if !f.decode(name, "true or false", &value) {
		return nil
	}
	return &value
}

func (f *fieldReader) texts(name string) []string {
	var elements []*string
	if !f.decode(name, "a list of strings", &elements) {
		return nil
	}
	values := make([]string, 0, len(elements))
	for i, element := range elements {
		if element == nil { // encoding/json accepts null for any type
			if f.err == nil {
				f.err = invalid(fmt.Sprintf("%s[%d]", name, i), "must be a string, but is null")
			}
			return nil
		}
		values = append(values, *element)
	}
	return values
}

// clip shortens a piece of the message for an error, of which Lambda keeps 1 KB
// in a dead letter.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
