package announcement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"strings"
	"unicode/utf8"
)

// MaxErrorBytes is the maximum length of [Announcement.Error], in bytes of UTF-8.
const MaxErrorBytes = 1024

// ReportedError returns why a task failed, according to its error report: the object
// at [Announcement.OutputURL], or its beginning. The SD Web UI's reports have
// error_msg and reason among their parameters. The report of a crashed handler has
// error (the guidance's sdwebui.py and main.py). For any other report, ReportedError
// returns its beginning; "" for an empty report.
func ReportedError(report []byte) string {
	found := members(report)
	if parameters, ok := found["parameters"]; ok {
		maps.Copy(found, members(parameters))
	}
	var said []string
	for _, name := range []string{"error_msg", "reason", "error"} {
		if text := reportedText(found[name]); text != "" {
			said = append(said, text)
		}
	}
	whole := cmp.Or(strings.Join(said, ": "), string(bytes.TrimSpace(report)))
	return Clip(strings.ToValidUTF8(whole, string(utf8.RuneError)), MaxErrorBytes)
}

// members returns the members of a JSON object whose end may be cut off. If a value is
// cut off or not JSON, it is the last member, with the rest of the text as its value.
func members(object []byte) map[string]json.RawMessage {
	found := map[string]json.RawMessage{}
	masked, constants := maskConstants(object)
	if !constants {
		masked = object
	}
	d := json.NewDecoder(bytes.NewReader(masked))
	if opening, err := d.Token(); err != nil || opening != json.Delim('{') {
		return found
	}
	for d.More() {
		token, err := d.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			break
		}
		start := d.InputOffset()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			found[name] = bytes.TrimLeft(object[start:], ": \t\r\n")
			break
		}
		end := d.InputOffset()
		found[name] = object[end-int64(len(value)) : end]
	}
	return found
}

// reportedText returns a string's text. It returns any other value, and a string that
// is cut off, as the report has it.
func reportedText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text // of null too
	}
	return strings.TrimPrefix(string(value), `"`)
}
