package tasktable

import (
	"encoding/json"
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
// best form that DynamoDB can hold and the item has room for. It returns the
// names of those it had to omit.
func setDocuments(u *update, a announcement.Announcement, best form) (left []string) {
	room := maxItemBytes - u.bytes() - deliveryBytes(a)
	var extra json.RawMessage
	if len(a.Extra) > 0 {
		extra, _ = json.Marshal(a.Extra) // raw JSON always encodes
	}
	for _, document := range []struct {
		forms forms
		json  json.RawMessage
	}{{contextForms, a.Context}, {extraForms, extra}} {
		if document.json == nil {
			continue
		}
		form, value := store(document.forms, document.json, best, room)
		if form == omitted {
			left = append(left, document.forms[native])
		}
		attribute := document.forms[form]
		u.set(attribute, value)
		room -= len(attribute) + size(value)
	}
	return left
}

// store chooses the form of a document, and makes its value.
func store(forms forms, document json.RawMessage, best form, room int) (form, types.AttributeValue) {
	if best == native {
		if value, err := fromJSON(document); err == nil && len(forms[native])+size(value) <= room {
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

// deliveryBytes is the room to leave for the delivery of an announcement's
// images: their URIs, in another bucket and under a prefix, and the reason why
// some are missing.
func deliveryBytes(a announcement.Announcement) int {
	total := 4 << 10
	for _, url := range a.ImageURLs {
		total += len(url) + 64
	}
	return total
}
