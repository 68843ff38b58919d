package taskevent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// maxMessageBytes is the maximum size of a message: SNS's 256 KB, which include the attributes ("Amazon SNS endpoints
// and quotas"), less 1 KB for the attributes.
const maxMessageBytes = 255 << 10

// encode returns the event as JSON of at most maxMessageBytes. If it is too large, encode first omits delivered
// objects, from the end of the list, and then the context.
func (e Event) encode() ([]byte, error) {
	message, err := marshal(e)
	if err != nil || len(message) <= maxMessageBytes {
		return message, err
	}
	if none, err := marshal(e.shortened(0)); err != nil || len(none) > maxMessageBytes {
		e.Context, e.ContextJSON, e.ContextOmitted = nil, "", true
	}
	tooMany := sort.Search(len(e.Delivered)+1, func(n int) bool {
		shorter, err := marshal(e.shortened(n))
		return err != nil || len(shorter) > maxMessageBytes
	})
	return marshal(e.shortened(max(tooMany-1, 0)))
}

// shortened returns the event with the first n of its delivered objects.
func (e Event) shortened(n int) Event {
	e.Delivered, e.DeliveredOmitted = e.Delivered[:n:n], len(e.Delivered)-n
	return e
}

// The two characters of the Basic Multilingual Plane that SQS refuses in a message's body ("SendMessage", Amazon SQS
// API Reference) and that encoding/json doesn't escape.
var escaped = []struct{ raw, escape []byte }{
	{[]byte("\uFFFE"), []byte(`\ufffe`)}, {[]byte("\uFFFF"), []byte(`\uffff`)},
}

// marshal encodes a value as compact JSON. It doesn't escape HTML's characters, which would take six bytes each.
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
