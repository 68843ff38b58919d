package announcement

import (
	"bytes"
	"regexp"
)

// escapes matches a lone surrogate as a submatch. It also matches surrogate pairs and all escapes
// other than \u, so that the search skips them.
var escapes = regexp.MustCompile(`(?s)\\[^u]|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)`)

// HasLoneSurrogate reports whether JSON text has an escape from \uD800 to \uDFFF that
// is not part of a pair. Python's json.dumps writes lone surrogates, and encoding/json
// replaces them. The text may have NaN and infinities.
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
