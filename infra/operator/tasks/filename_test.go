package tasks

import (
	"strings"
	"testing"
)

// TestFileNames: no two names are one file on any system, none is a device's, and none surprises.
func TestFileNames(t *testing.T) {
	for name, test := range map[string]struct{ keys, want []string }{
		"OKPlain":        {[]string{"b/1.png", "b/2.png"}, []string{"1.png", "2.png"}},
		"OKLowerCase":    {[]string{"b/1.PNG", "c/1.png"}, []string{"1.PNG", "1-"}},
		"OKAnotherCase":  {[]string{"b/1.png", "c/1.PNG"}, []string{"1.png", "1-"}},
		"OKNotPrintable": {[]string{"a\x1b.png", "b\xff"}, []string{"a_-", "b\ufffd-"}},
		"OKHidden":       {[]string{".profile", ".."}, []string{"_-", "_-"}},
		"OKOption":       {[]string{"-rf"}, []string{"_-rf-"}},
		"OKDevice": {[]string{"nul", "LPT¹.tar.gz", "Con .png", "aux  .a.b"},
			[]string{"_nul-", "_LPT¹.tar-", "_Con -", "_aux  .a-"}},
		"OKConsole":      {[]string{"CLOCK$", "conin$.png"}, []string{"_CLOCK$-", "_conin$-"}},
		"OKLikeDevice":   {[]string{"console.png", "com10", "clock"}, []string{"console.png", "com10", "clock"}},
		"OKComposed":     {[]string{"\u00fc.png", "u\u0308.png"}, []string{"\u00fc.png", "u\u0308-"}},
		"OKComposedCase": {[]string{"\u00dc.png", "u\u0308.png"}, []string{"\u00dc.png", "u\u0308-"}},
		"OKFolded":       {[]string{"stra\u00dfe", "STRASSE"}, []string{"stra\u00dfe", "STRASSE-"}},
		"OKEnd":          {[]string{"a. .", "a", "con."}, []string{"a-", "a", "_con-"}},
		"OKAnotherHash": {[]string{"1-d46e6d56.png", "1.png", "b/1.png"},
			[]string{"1-d46e6d56.png", "1.png", "_1-d46e6d56.png"}},
		"OKTooLong": {[]string{strings.Repeat("ü", 200) + "-0f3c-1.png"},
			[]string{strings.Repeat("ü", 94) + "-0f3c-1-"}},
	} {
		t.Run(name, func(t *testing.T) {
			for i, got := range fileNames(prefixed("s3://images/", test.keys)) {
				if hashed := strings.HasSuffix(test.want[i], "-"); !strings.HasPrefix(got, test.want[i]) ||
					hashed == (len(got) == len(test.want[i])) {
					t.Errorf("%q is %q, want %q", test.keys[i], got, test.want[i])
				}
			}
		})
	}
}
