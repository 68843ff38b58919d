package announcement

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fieldReader takes the known fields out of an object, and leaves the unknown fields.
// It keeps the first error.
type fieldReader struct {
	// path precedes the names of fields in errors.
	path   string
	fields map[string]json.RawMessage
	// secret makes errors name the type of a value instead of quoting it.
	secret bool
	err    error
}

func (f *fieldReader) fail(name, format string, args ...any) {
	if f.err == nil {
		f.err = invalid(f.path+name, format, args...)
	}
}

// show describes a value for an error.
func (f *fieldReader) show(value json.RawMessage) string {
	if !f.secret {
		return clip(string(value))
	}
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	}
	return "a number, true or false"
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
	if err := json.Unmarshal(value, target); err != nil {
		f.fail(name, "must be %s, but is %s", want, f.show(value))
		return false
	}
	// encoding/json replaces invalid Unicode. That could make two ids equal, or
	// name another object.
	if !utf8.Valid(value) || HasLoneSurrogate(value) {
		f.fail(name, "is not valid Unicode: %s", f.show(value))
		return false
	}
	return true
}

// id reads a task's id, and refuses one that can't be a DynamoDB key.
func (f *fieldReader) id(name string) string {
	var id string
	switch value := f.fields[name]; {
	case len(value) > 0 && strings.IndexByte("{[", value[0]) >= 0:
		f.fail(name, "must be a string, a number, true or false, but is %s", f.show(value))
	case len(value) > 0 && value[0] != '"' && string(value) != "null":
		id = pythonText(string(f.raw(name)))
	default:
		id = f.text(name)
	}
	switch {
	case id == "":
		f.fail(name, "is missing or empty: it must be the task's id")
	case len(id) > MaxIDBytes:
		f.fail(name, "has %d bytes: at most %d fit a DynamoDB key", len(id), MaxIDBytes)
	}
	return id
}

// pythonText returns str(json.loads(literal)) of Python for a literal that is not a
// string. The guidance uses this text in the keys of a task's objects, and since
// v1.2.0 as the announced id.
func pythonText(literal string) string {
	switch literal {
	case "true":
		return "True"
	case "false":
		return "False"
	case "NaN":
		return "nan"
	case "Infinity":
		return "inf"
	case "-Infinity":
		return "-inf"
	case "-0":
		return "0" // an integer has no negative zero
	}
	if !strings.ContainsAny(literal, ".eE") {
		return literal // integers keep all of their digits
	}
	return pythonFloat(literal)
}

// pythonFloat returns Python's repr of the nearest float: the fewest digits that
// read back as the same float, in scientific notation below 1e-4 and from 1e16
// on.
func pythonFloat(literal string) string {
	value, _ := strconv.ParseFloat(literal, 64) // out of range is infinite, as in Python
	shortest := strconv.FormatFloat(value, 'e', -1, 64)
	_, power, finite := strings.Cut(shortest, "e")
	exponent, _ := strconv.Atoi(power)
	switch {
	case !finite: // "+Inf" or "-Inf"
		return strings.ToLower(strings.TrimPrefix(shortest, "+"))
	case exponent < -4 || exponent >= 16:
		return shortest
	}
	plain := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(plain, ".") {
		plain += ".0"
	}
	return plain
}

func (f *fieldReader) text(name string) (value string) {
	if quoted := f.fields[name]; isVerbatim(quoted) { // saves decoding almost every field
		delete(f.fields, name)
		return string(quoted[1 : len(quoted)-1])
	}
	f.decode(name, "a string", &value)
	return value
}

// isVerbatim reports whether a value is a string with nothing to decode.
func isVerbatim(value json.RawMessage) bool {
	return len(value) > 0 && value[0] == '"' && bytes.IndexByte(value, '\\') < 0 && utf8.Valid(value)
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
			f.fail(fmt.Sprintf("%s[%d]", name, i), "must be a string, but is null")
			return nil
		}
		values = append(values, *element)
	}
	return values
}

// maxQuotedBytes is how much of a message an error quotes: Lambda keeps 1 KB of an error in a dead letter.
const maxQuotedBytes = 80

func clip(s string) string { return Clip(s, maxQuotedBytes) }

// Clip returns a text unchanged if it has at most max bytes. Otherwise it cuts the text off after a whole character, so
// that it fits into max bytes with an ellipsis.
func Clip(s string, max int) string {
	const ellipsis = "…"
	if len(s) <= max {
		return s
	}
	end := max - len(ellipsis)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + ellipsis
}
