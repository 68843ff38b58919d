package taskevent

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxMessageBytes is the longest message: SNS's 256 KB, attributes included ("Amazon SNS endpoints and quotas"), less
// 1 KB for the attributes.
const maxMessageBytes = 255 << 10

// encode returns the event as JSON of at most maxMessageBytes. What has no room is left out, and counted: first the
// end of the list of delivered objects, down to none of it, then the context.
func (e Event) encode() ([]byte, error) {
	delivered := e.Delivered
	message, err := marshal(e)
	if err != nil || len(message) <= maxMessageBytes {
		return message, err
	}
	if len(delivered) > 0 {
		e.Delivered, e.DeliveredOmitted = []string{}, len(delivered)
		if message, err = marshal(e); err != nil {
			return nil, err
		}
	}
	if len(message) > maxMessageBytes {
		e.Context, e.ContextJSON, e.ContextOmitted = nil, "", true
		if message, err = marshal(e); err != nil {
			return nil, err
		}
	}
	if e.Delivered, err = fitting(delivered, maxMessageBytes-len(message)); err != nil || len(e.Delivered) == 0 {
		return message, err
	}
	e.DeliveredOmitted = len(delivered) - len(e.Delivered)
	return marshal(e)
}

// fitting returns the beginning of a list that has so many bytes as JSON.
func fitting(list []string, room int) ([]string, error) {
	for i, element := range list {
		encoded, err := marshal(element)
		if err != nil {
			return nil, err
		}
		if room -= len(encoded) + len(","); room < 0 {
			return list[:i], nil
		}
	}
	return list, nil
}

// The two characters of the Basic Multilingual Plane that SQS refuses in a message's body ("SendMessage", Amazon SQS
// API Reference) and that JSON has no reason to escape.
var escaped = []struct{ raw, escape []byte }{
	{[]byte("\uFFFE"), []byte(`\ufffe`)}, {[]byte("\uFFFF"), []byte(`\uffff`)},
}

// marshal encodes a value as compact JSON, and escapes only what it must: HTML's characters would take six bytes each.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("encode the event: %w", err)
	}
	encoded := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	for _, character := range escaped {
		encoded = bytes.ReplaceAll(encoded, character.raw, character.escape)
	}
	return encoded, nil
}
