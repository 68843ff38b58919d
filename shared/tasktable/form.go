package tasktable

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// form is how a document, context or extra, is stored; best first.
type form int

const (
	native  form = iota // as a DynamoDB value, usable in expressions
	textual             // as JSON text
	omitted             // not at all
)

// forms are the attributes of one document, one for each form.
type forms [omitted + 1]string

var (
	contextForms = forms{attrContext, attrContextJSON, attrContextOmitted}
	extraForms   = forms{attrExtra, attrExtraJSON, attrExtraOmitted}
)

// setDocuments stores the caller's context and the unknown fields, each in the
// best form that DynamoDB can hold and that has room, but in none better than best.
// It returns the names of those it had to omit.
func setDocuments(u *update, a announcement.Announcement, room int, best form) (left []string) {
	extra := encodeExtra(a.Extra)
	for _, document := range []struct {
		forms    forms
		json     json.RawMessage
		reserved int // for the other document as text
	}{{contextForms, a.Context, len(attrExtraJSON) + len(extra)}, {extraForms, extra, 0}} {
		if document.json == nil {
			continue
		}
		room := room - u.bytes()
		nativeRoom := room - document.reserved
		if best != native {
			nativeRoom = 0
		}
		form, value := store(document.forms, document.json, room, nativeRoom)
		if form == omitted {
			left = append(left, document.forms[native])
		}
		u.set(document.forms[form], value)
	}
	return left
}

// encodeExtra makes an object of the unknown fields; nil if there are none. The
// values stay as they are in the message, which may include NaN and infinities,
// and is shorter than what encoding/json makes of HTML.
func encodeExtra(fields map[string]json.RawMessage) json.RawMessage {
	if len(fields) == 0 {
		return nil
	}
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i > 0 {
			b.WriteByte(',')
		}
		encoded, _ := json.Marshal(name) // a string always encodes
		b.Write(append(encoded, ':'))
		b.Write(fields[name])
	}
	b.WriteByte('}')
	return b.Bytes()
}

// store chooses the form of a document, and makes its value. A native value,
// which may be larger than the text, has less room.
func store(forms forms, document json.RawMessage, room, nativeRoom int) (form, types.AttributeValue) {
	if value, err := fromJSON(document); err == nil && len(forms[native])+size(value) <= nativeRoom {
		return native, value
	}
	if len(forms[textual])+len(document) <= room {
		if utf8.Valid(document) {
			return textual, text(string(document))
		}
		return textual, &types.AttributeValueMemberB{Value: document} // a DynamoDB string is UTF-8
	}
	return omitted, boolean(true)
}

// documentOf returns a document as JSON, whichever form it is stored in; nil if
// it is absent or omitted.
func documentOf(item item, forms forms) json.RawMessage {
	if value, ok := item[forms[native]]; ok {
		return toJSON(value)
	}
	switch value := item[forms[textual]].(type) {
	case *types.AttributeValueMemberS:
		return json.RawMessage(value.Value)
	case *types.AttributeValueMemberB:
		return value.Value
	}
	return nil
}

// maxItemBytes is DynamoDB's limit for an item, attribute names included
// ("Quotas in Amazon DynamoDB").
const maxItemBytes = 400 << 10

// The parts of an item have fixed shares of maxItemBytes, so that any
// announcement fits beside any delivery, whichever is recorded first, and what
// is omitted from one does not depend on the other.
const (
	// taskBytes is for the key, the start of a run, duration_ms, the marks of what is
	// omitted, and what the task was asked for.
	taskBytes = 4<<10 + announcement.MaxRequestBytes
	// deliveryBytes is for a delivery: about 1,000 URIs.
	deliveryBytes = 112 << 10
	// announcementBytes is for an announcement. It exceeds the 256 KB of an SNS
	// message ("Amazon SNS endpoints and quotas") by enough for the attributes'
	// names and SNS's metadata, so nothing is omitted from a message that came
	// through SNS: at worst, its documents are stored as text.
	announcementBytes = maxItemBytes - taskBytes - deliveryBytes
)

// size is what a value adds to an item's size, in bytes. It is never less than
// what DynamoDB counts ("DynamoDB item sizes and formats").
func size(value types.AttributeValue) int {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return len(value.Value)
	case *types.AttributeValueMemberB:
		return len(value.Value)
	case *types.AttributeValueMemberN:
		return len(value.Value)/2 + 3 // a byte per two digits, one more, and one for a sign
	case *types.AttributeValueMemberL:
		total := 3
		for _, element := range value.Value {
			total += 1 + size(element)
		}
		return total
	case *types.AttributeValueMemberM:
		total := 3
		for name, member := range value.Value {
			total += 1 + len(name) + size(member)
		}
		return total
	}
	return 1
}

// setList sets an attribute to as many of a list's first elements as there is room
// for. If it leaves some out, it sets omittedAttribute to their number. It reports
// whether the list is complete.
func setList(u *update, attribute, omittedAttribute string, values []string, room int) (complete bool) {
	kept := fitting(values, room-len(attribute))
	u.set(attribute, texts(kept))
	left := len(values) - len(kept)
	if left > 0 {
		u.set(omittedAttribute, number(int64(left)))
	}
	return left == 0
}

// fitting returns the first elements of a list that fit into room as an attribute's
// value.
func fitting(values []string, room int) []string {
	room -= size(texts(nil))
	for i, value := range values {
		if room -= 1 + len(value); room < 0 { // as size counts an element
			return values[:i]
		}
	}
	return values
}
