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
		"OK": {
			`{"images": [""], "parameters": {"id_task": "a", "status": 0, "error_msg": "HTTPError('500 Server Error')", ` +
				`"reason": {"error": "OutOfMemoryError", "detail": ""}}, "info": ""}`,
			`HTTPError('500 Server Error'): {"error": "OutOfMemoryError", "detail": ""}`},
		"OKNoReason": {
			`{"images": [""], "parameters": {"id_task": "a", "error_msg": "KeyError('x')", "reason": null}, "info": ""}`,
			`KeyError('x')`},
		"OKCrashedHandler": {`{"code": 500, "error": "Runtime handler failed"}`, `Runtime handler failed`},
		"OKOtherType":      {`{"error": [1, 2]}`, `[1, 2]`},
		"OKCutInReason": {
			`{"parameters": {"error_msg": "ValueError()", "reason": {"body": "x`, `ValueError(): {"body": "x`},
		"OKCutInText":         {`{"parameters": {"error_msg": "Value`, `Value`},
		"OKCutBefore":         {`{"parameters": {"prompt": "x`, `{"parameters": {"prompt": "x`},
		"OKUselessParameters": {`{"parameters": [1], "error": "x"}`, `x`},
		"OKNothingSaid":       {`{"code": 500}`, `{"code": 500}`},
		"OKNotJSON":           {" <html>\n", `<html>`},
		"OKNotUTF8":           {"a\xffb", "a\ufffdb"},
		"OKNaN":               {`{"error": "x", "b": NaN, "error_msg": "y"}`, `y: x`},
		"OKInfiniteID": {`{"parameters": {"id_task": Infinity, "error_msg": "x", "reason": {"a": [NaN]}}, "info": ""}`,
			`x: {"a": [NaN]}`},
		"OKEmpty":         {``, ``},
		"OKLoneSurrogate": {`{"error": "\ud800"}`, "\ufffd"},
		"OKShortened":     {`{"error": "` + long + `"}`, strings.Repeat("ä", (1024-len("…"))/2) + "…"},
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
