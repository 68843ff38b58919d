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
// parameters. What comes after a value that is cut off, or is not JSON, is lost.
func reportedTexts(report []byte) (texts [3]string) {
	masked, found := maskConstants(report)
	if !found {
		masked = report
	}
	d := json.NewDecoder(bytes.NewReader(masked))
	if opening, err := d.Token(); err != nil || opening != json.Delim('{') {
		return texts
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return texts
		}
		start := d.InputOffset()
		var value json.RawMessage
		cut := d.Decode(&value) != nil
		if cut {
			value = bytes.TrimLeft(report[start:], ": \t\r\n")
		} else {
			end := d.InputOffset()
			value = report[end-int64(len(value)) : end]
		}
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
		if cut {
			return texts
		}
	}
	return texts
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
