package announcement

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// MaxErrorBytes is the longest that [Announcement.Error] gets, in bytes of UTF-8.
const MaxErrorBytes = 1024

// ReportedError is why a task failed, in the words of its error report: the
// object at [Announcement.OutputURL], or as much of its beginning as was read.
// The SD Web UI's reports have error_msg and reason among their parameters; that
// of an agent whose handler crashed has error (the guidance's sdwebui.py and
// main.py). Of any other report it is the beginning; "" if the report is empty.
func ReportedError(report []byte) string {
	var said []string
	for _, text := range reportedTexts(report) {
		if text != "" {
			said = append(said, text)
		}
	}
	whole := cmp.Or(strings.Join(said, ": "), string(bytes.TrimSpace(report)))
	return Clip(strings.ToValidUTF8(whole, string(utf8.RuneError)), MaxErrorBytes)
}

// reportedTexts are error_msg, reason and error of a report, or of its
// parameters.
func reportedTexts(report []byte) (texts [3]string) {
	eachMember(report, func(name string, value json.RawMessage) {
		switch name {
		case "parameters":
			texts = reportedTexts(value)
		case "error_msg":
			texts[0] = reportedText(value)
		case "reason":
			texts[1] = reportedText(value)
		case "error":
			texts[2] = reportedText(value)
		}
	})
	return texts
}

// eachMember calls visit with the members of a JSON object whose end may be cut off.
// A value that is cut off, or is not JSON, is the rest of the object, and the last.
func eachMember(object []byte, visit func(name string, value json.RawMessage)) {
	masked, found := maskConstants(object)
	if !found {
		masked = object
	}
	d := json.NewDecoder(bytes.NewReader(masked))
	if opening, err := d.Token(); err != nil || opening != json.Delim('{') {
		return
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return
		}
		start := d.InputOffset()
		var value json.RawMessage
		cut := d.Decode(&value) != nil
		if cut {
			value = bytes.TrimLeft(object[start:], ": \t\r\n")
		} else {
			end := d.InputOffset()
			value = object[end-int64(len(value)) : end]
		}
		name, _ := token.(string)
		if visit(name, value); cut {
			return
		}
	}
}

// reportedText is a string's text; of any other value, and of a string that is
// cut off, it is what the report says. Nothing is "".
func reportedText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text // of null too
	}
	return strings.TrimPrefix(string(value), `"`)
}
