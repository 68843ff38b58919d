package announcement

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// HasLoneSurrogate finds \uD800 to \uDFFF escapes in JSON text that are not part
// of a pair. Python's json.dumps writes them; encoding/json would replace them.
// The text may hold NaN and infinities.
func HasLoneSurrogate(text []byte) bool {
	// In JSON every backslash begins an escape.
	for i := bytes.IndexByte(text, '\\'); i >= 0 && i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		unit, ok := unicodeEscape(text, i)
		i++ // past the escaped character, which may be a backslash
		if !ok || !utf16.IsSurrogate(unit) {
			continue
		}
		low, ok := unicodeEscape(text, i+5)
		if !ok || utf16.DecodeRune(unit, low) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

// unicodeEscape decodes the \uXXXX escape at text[i:], if there is one.
func unicodeEscape(text []byte, i int) (unit rune, ok bool) {
	if i+6 > len(text) || text[i] != '\\' || text[i+1] != 'u' {
		return 0, false
	}
	value, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16)
	return rune(value), err == nil
}
