package announcement

import "strings"

// MaxCallerBytes is the maximum length of the text that [Announcement.ContextText]
// returns, in bytes of UTF-8. The text becomes the key of an index, and part of object
// keys.
const MaxCallerBytes = 128

// ContextText returns the context's value at a path: member names joined by dots, such
// as "tenant.id". ok is false unless the value is a string, a number, true or false of
// 1 to [MaxCallerBytes] bytes. Values other than strings become text as in TaskID.
func (a Announcement) ContextText(path string) (text string, ok bool) {
	value := a.Context
	for path != "" {
		name, rest, more := strings.Cut(path, ".")
		fields, err := splitObject(value)
		if err != nil {
			return "", false
		}
		if !more {
			f := fieldReader{fields: fields}
			if text = f.id(name); f.err != nil || len(text) > MaxCallerBytes {
				return "", false
			}
			return text, true
		}
		value, path = fields[name], rest
	}
	return "", false
}
