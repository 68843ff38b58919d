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

// form is how a document (context or extra) is stored. Lower forms are better.
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

// setDocuments stores the caller's context and the unknown fields, each in the best
// form that DynamoDB can store and that has room, but not in a better form than best.
// It returns the names of the documents that it omitted.
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

// encodeExtra returns a JSON object of the unknown fields; nil without any. It keeps
// the values as they are in the message: encoding/json would refuse NaN and
// infinities, and lengthen HTML.
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

// store chooses the form of a document, and returns its value. A native value may be
// larger than the text, so it has a limit of its own.
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

// documentOf returns a document as JSON, in whichever form it is stored; nil if it is
// missing or omitted.
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

// maxItemBytes is DynamoDB's limit for an item, including attribute names ("Quotas in
// Amazon DynamoDB").
const maxItemBytes = 400 << 10

// The parts of an item have fixed shares of maxItemBytes. So any announcement fits
// together with any delivery, in either order, and what is omitted from one part does
// not depend on the other.
const (
	// taskBytes is for the key, the start of a run, duration_ms, the _omitted
	// attributes, and the task's request.
	taskBytes = 4<<10 + announcement.MaxRequestBytes
	// deliveryBytes is for a delivery: about 1,000 URIs.
	deliveryBytes = 112 << 10
	// announcementBytes is for an announcement: the 256 KB of an SNS message ("Amazon
	// SNS endpoints and quotas"), plus enough for attribute names and SNS's metadata.
	// So nothing is omitted from an SNS message: at worst, its documents are stored
	// as text.
	announcementBytes = maxItemBytes - taskBytes - deliveryBytes
)

// size returns the size of a value in an item, in bytes. It is never less than what
// DynamoDB counts ("DynamoDB item sizes and formats").
func size(value types.AttributeValue) int {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return len(value.Value)
	case *types.AttributeValueMemberB:
		return len(value.Value)
	case *types.AttributeValueMemberN:
		return len(value.Value)/2 + 3 // a byte for every two digits, one for rounding, one more, and one for a sign
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

// setList sets an attribute to the first elements of a list that fit into room. If it
// leaves elements out, it sets omittedAttribute to their number. It reports whether the
// list is complete.
func setList(u *update, attribute, omittedAttribute string, values []string, room int) (complete bool) {
	kept := fitting(values, room-len(attribute))
	u.set(attribute, texts(kept))
	left := len(values) - len(kept)
	if left > 0 {
		u.set(omittedAttribute, number(int64(left)))
	}
	return left == 0
}

// fitting returns the first elements of a list that fit into room, in bytes, as an
// attribute's value.
func fitting(values []string, room int) []string {
	room -= size(texts(nil))
	for i, value := range values {
		if room -= 1 + len(value); room < 0 { // as size counts an element
			return values[:i]
		}
	}
	return values
}
