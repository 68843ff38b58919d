package announcement_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// Go types for Python values: strings are string, or codePoints if they have lone
// surrogates; numbers are number, as Python writes them; None is nil.
type (
	codePoints []rune
	number     string
	list       []any
	dict       []member // in the order of insertion, which json.dumps keeps
	member     struct {
		name  string
		value any
	}
)

// dumps is json.dumps with its defaults ("json — JSON encoder and decoder" in
// Python's documentation): separators with a space, and ASCII only.
func dumps(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(value)
	case number:
		return string(value)
	case string:
		return dumpsText([]rune(value))
	case codePoints:
		return dumpsText(value)
	case list:
		elements := make([]string, len(value))
		for i, element := range value {
			elements[i] = dumps(element)
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case dict:
		members := make([]string, len(value))
		for i, member := range value {
			members[i] = dumps(member.name) + ": " + dumps(member.value)
		}
		return "{" + strings.Join(members, ", ") + "}"
	}
	panic(fmt.Sprintf("no Python value: %T", value))
}

func dumpsText(text []rune) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}
	var b strings.Builder
	for _, r := range text {
		switch {
		case short[r] != "":
			b.WriteString(short[r])
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return `"` + b.String() + `"`
}

// TestDumps checks dumps against the results of Python 3.11.
func TestDumps(t *testing.T) {
	for want, value := range map[string]any{
		`null`: nil, `true`: true, `-7`: number("-7"), `1e+16`: number("1e+16"),
		`NaN`: number("NaN"), `[Infinity, -Infinity]`: list{number("Infinity"), number("-Infinity")},
		`""`: "", `[]`: list{}, `{}`: dict{},
		`{"b": 1, "a": {"c": [true, null]}}`: dict{{"b", number("1")}, {"a", dict{{"c", list{true, nil}}}}},
		`"/ ' <&> ~"`:                        "/ ' <&> ~",
		`"\" \\ \n\r\t\f\b"`:                 "\" \\ \n\r\t\f\b",
		`"\u0000\u001f\u007f\u00a0"`:         "\x00\x1f\x7f\u00a0",
		`"caf\u00e9 \u753b \u2028 \ufffd"`:   "café 画 \u2028 \ufffd",
		`"\ud83d\ude00"`:                     "\U0001F600",
		`"\ud800x\udfff"`:                    codePoints{0xD800, 'x', 0xDFFF},
		`{"\u00e9": 1}`:                      dict{{"é", number("1")}},
	} {
		if got := dumps(value); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
