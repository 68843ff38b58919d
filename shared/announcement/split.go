package announcement

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
)

// splitObject splits the top level of a JSON object into its fields. Unlike
// unmarshaling into a struct, it matches names case-sensitively, and refuses
// duplicate names.
func splitObject(message []byte) (map[string]json.RawMessage, error) {
	fields, err := splitMasked(message, message)
	if err == nil {
		return fields, nil
	}
	if masked, found := maskConstants(message); found {
		return splitMasked(masked, message)
	}
	return nil, err
}

// splitMasked splits masked, and takes the values from the message. Constants that are
// not JSON are masked; otherwise masked is the same as the message.
func splitMasked(masked, message []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(masked))
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
		end := int(decoder.InputOffset())
		copy(value, message[end-len(value):end])
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

// constant matches the numbers that Python's json.dumps writes although they are not
// JSON ("json — JSON encoder and decoder", Infinite and NaN Number Values). It also
// matches strings, because they may contain the same words.
var constant = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"?|-?Infinity|NaN`)

// maskConstants replaces every constant outside strings with an empty list of the
// same length. Unlike a number, a list can't merge with adjacent characters or be a
// member's name, so the result is JSON only if a number may stand in each place.
func maskConstants(message []byte) (masked []byte, found bool) {
	if !bytes.Contains(message, []byte("Infinity")) && !bytes.Contains(message, []byte("NaN")) {
		return nil, false
	}
	return constant.ReplaceAllFunc(message, func(match []byte) []byte {
		if match[0] == '"' {
			return match
		}
		return []byte("[" + strings.Repeat(" ", len(match)-2) + "]")
	}), true
}
