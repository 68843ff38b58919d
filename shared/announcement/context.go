package announcement

import "strings"

// MaxCallerBytes is the length of the longest text that [Announcement.ContextText]
// returns, in bytes of UTF-8. It becomes the key of an index, and part of objects' keys.
const MaxCallerBytes = 128

// ContextText returns what the context has at a path: the names of members, joined
// by dots, such as "tenant.id". ok is false unless that is a string, a number, true or
// false of 1 to [MaxCallerBytes] bytes. All but a string become Python's text, as in
// TaskID.
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
