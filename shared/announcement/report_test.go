package announcement_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sdtasktracker/shared/announcement"
)

func TestReportedError(t *testing.T) {
	long := strings.Repeat("ä", 2000)
	for name, test := range map[string]struct{ report, want string }{
		"of the SD Web UI": {
			`{"images": [""], "parameters": {"id_task": "a", "status": 0, "error_msg": "HTTPError('500 Server Error')", ` +
				`"reason": {"error": "OutOfMemoryError", "detail": ""}}, "info": ""}`,
			`HTTPError('500 Server Error'): {"error": "OutOfMemoryError", "detail": ""}`},
		"without a reason": {
			`{"images": [""], "parameters": {"id_task": "a", "error_msg": "KeyError('x')", "reason": null}, "info": ""}`,
			`KeyError('x')`},
		"of a crashed handler":      {`{"code": 500, "error": "Runtime handler failed"}`, `Runtime handler failed`},
		"with another type of text": {`{"error": [1, 2]}`, `[1, 2]`},
		"cut off in the reason": {
			`{"parameters": {"error_msg": "ValueError()", "reason": {"body": "x`, `ValueError(): {"body": "x`},
		"cut off in the text":       {`{"parameters": {"error_msg": "Value`, `Value`},
		"cut off before it":         {`{"parameters": {"prompt": "x`, `{"parameters": {"prompt": "x`},
		"with parameters of no use": {`{"parameters": [1], "error": "x"}`, `x`},
		"with nothing to say":       {`{"code": 500}`, `{"code": 500}`},
		"not JSON":                  {" <html>\n", `<html>`},
		"not UTF-8":                 {"a\xffb", "a\ufffdb"},
		"with NaN":                  {`{"error": "x", "b": NaN, "error_msg": "y"}`, `y: x`},
		"of an infinite id": {`{"parameters": {"id_task": Infinity, "error_msg": "x", "reason": {"a": [NaN]}}, "info": ""}`,
			`x: {"a": [NaN]}`},
		"empty":                 {``, ``},
		"half a surrogate pair": {`{"error": "\ud800"}`, "\ufffd"},
		"too long":              {`{"error": "` + long + `"}`, strings.Repeat("ä", (1024-len("…"))/2) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := announcement.ReportedError([]byte(test.report)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"OKShort":      {"abc", "abc"},
		"OKFits":       {"abcdefgh", "abcdefgh"},
		"OKCut":        {"abcdefghi", "abcde…"},
		"OKWholeRunes": {"abcdäfghi", "abcd…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := announcement.Clip(test.text, 8); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzReportedError: an error report is outside input.
func FuzzReportedError(f *testing.F) {
	f.Add([]byte(`{"parameters": {"error_msg": "x", "reason": {"a": [1, "y"]}}, "error": null}`))
	f.Add([]byte(`{"error": "\ud800`))
	f.Fuzz(func(t *testing.T, report []byte) {
		got := announcement.ReportedError(report)
		if len(got) > announcement.MaxErrorBytes || !utf8.ValidString(got) {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	})
}
