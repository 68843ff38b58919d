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

// withoutLists is what Record falls back on after the last form: no document,
// and no element of image_url.
const withoutLists = omitted + 1

// forms are the attributes of one document, one for each form.
type forms [omitted + 1]string

var (
	contextForms = forms{attrContext, attrContextJSON, attrContextOmitted}
	extraForms   = forms{attrExtra, attrExtraJSON, attrExtraOmitted}
)

// setDocuments stores the caller's context and the unknown fields, each in the
// best form that DynamoDB can hold and the item has room for. It returns the
// names of those it had to omit.
func setDocuments(u *update, a announcement.Announcement, best form) (left []string) {
	extra := encodeExtra(a.Extra)
	for _, document := range []struct {
		forms    forms
		json     json.RawMessage
		reserved int // for the other document as text
	}{{contextForms, a.Context, len(attrExtraJSON) + len(extra)}, {extraForms, extra, 0}} {
		if document.json == nil {
			continue
		}
		room := announcementBytes - u.bytes()
		form, value := store(document.forms, document.json, best, room, room-document.reserved)
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
		writeJSON(&b, text(name))
		b.WriteByte(':')
		b.Write(fields[name])
	}
	b.WriteByte('}')
	return b.Bytes()
}

// store chooses the form of a document, and makes its value. A native value,
// which may be larger than the text, has less room.
func store(
	forms forms, document json.RawMessage, best form, room, nativeRoom int,
) (form, types.AttributeValue) {
	if best == native {
		if value, err := fromJSON(document); err == nil && len(forms[native])+size(value) <= nativeRoom {
			return native, value
		}
	}
	if best <= textual && len(forms[textual])+len(document) <= room {
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
