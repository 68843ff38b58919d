package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape makes untrusted text safe to print. It escapes characters that control a terminal, break a line or reorder
// text: \x1b, \n, \u202e and the like.
func Escape(text string) string {
	if !strings.ContainsFunc(text, Unsafe) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case Unsafe(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Unsafe reports whether a character is a control character, including C1, separates lines, or is an invisible format
// character such as a bidirectional override.
func Unsafe(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Document returns a caller's JSON indented and safe to print. It doesn't indent what is not valid JSON, such as NaN or
// invalid UTF-8.
func Document(text []byte) string {
	var indented bytes.Buffer
	if !utf8.Valid(text) || json.Indent(&indented, text, "", "  ") != nil {
		return Escape(string(text))
	}
	return EscapeJSON(indented.Bytes())
}

// EscapeJSON makes valid JSON safe to print without changing its value. In valid JSON, non-ASCII characters and DEL
// occur only in strings, and other control characters only between values.
func EscapeJSON(document []byte) string {
	var b strings.Builder
	for _, r := range string(document) {
		switch {
		case r < ' ' || !Unsafe(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
