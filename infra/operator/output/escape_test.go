package output

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"plain ß 画 🙂 \\n": "plain ß 画 🙂 \\n",
		"\x1b[31m":        `\x1b[31m`,
		"a\r\n\tb":        `a\r\n\tb`,
		"\u009b2J\u0085":  `\u009b2J\u0085`,
		"\u202eabc\u2069": `\u202eabc\u2069`,
		"\u2028\u200b":    `\u2028\u200b`,
		"\U000e0041":      `\U000e0041`,
		"\x7f\x00":        `\x7f\x00`,
		"\xff\ufffd":      `\xff` + "\ufffd",
		"=1+1":            "=1+1",
	} {
		if got := Escape(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// hostile is text that would change what a terminal shows.
const hostile = "a\x1b[31m\nb\u0085\u009b2J\u202ec\u2028\u2066d\r\tß 画"

// FuzzEscape: nothing Unsafe is left, and a JSON value stays what it is.
func FuzzEscape(f *testing.F) {
	for _, text := range []string{hostile, "\xff", "\U000e0041", `{"a":["b"]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got := Escape(text); strings.ContainsFunc(got, Unsafe) {
			t.Errorf("%q becomes %q", text, got)
		}
		document, err := json.MarshalIndent([]string{text}, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		escaped := EscapeJSON(document)
		if strings.ContainsFunc(strings.ReplaceAll(escaped, "\n", ""), Unsafe) {
			t.Errorf("%q becomes %q", text, escaped)
		}
		var before, after any
		if json.Unmarshal(document, &before) != nil || json.Unmarshal([]byte(escaped), &after) != nil ||
			!reflect.DeepEqual(before, after) {
			t.Errorf("%q becomes %q", document, escaped)
		}
	})
}
