package announcement

import (
	"bytes"
	"regexp"
)

// escapes matches the escapes of JSON text that matter to [HasLoneSurrogate]: other escapes, an
// escaped backslash among them; a pair of surrogates; and one alone, which is a submatch.
var escapes = regexp.MustCompile(`(?s)\\[^u]|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)`)

// HasLoneSurrogate finds \uD800 to \uDFFF escapes in JSON text that are not part
// of a pair. Python's json.dumps writes them; encoding/json would replace them.
// The text may hold NaN and infinities.
func HasLoneSurrogate(text []byte) bool {
	if !bytes.Contains(text, []byte(`\ud`)) && !bytes.Contains(text, []byte(`\uD`)) {
		return false
	}
	for _, match := range escapes.FindAllSubmatchIndex(text, -1) {
		if alone := match[2] >= 0; alone {
			return true
		}
	}
	return false
}
