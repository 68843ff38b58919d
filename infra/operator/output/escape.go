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

// Escape makes text that others have written safe to print: characters that control a terminal, break a line or
// reorder text become \x1b, \n, \u202e and the like.
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

// Unsafe reports whether a character is a control character, C1 included, separates lines, or formats text unseen, as
// bidirectional overrides do.
func Unsafe(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Document is a caller's document on several lines, safe to print. It stays on its own lines if it is not valid JSON:
// it may have NaN or invalid UTF-8.
func Document(text []byte) string {
	var indented bytes.Buffer
	if !utf8.Valid(text) || json.Indent(&indented, text, "", "  ") != nil {
		return Escape(string(text))
	}
	return EscapeJSON(indented.Bytes())
}

// EscapeJSON does the same in valid JSON without changing its value: characters outside ASCII occur only in strings,
// and control characters in ASCII, besides DEL, only between values.
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
