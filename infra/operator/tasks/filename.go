package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxNameBytes leaves room for a hash and .part in the 255 bytes of a file's name.
const maxNameBytes = 200

// fileNames are the names that objects get as files: the last segments of their keys. Characters and names that a
// file system may refuse or treat specially are replaced. A name that was replaced, or that a file system may take for
// another of them, gets a hash of the URI. The names depend only on the URIs, not on their order.
func fileNames(uris []string) []string {
	names, same := make([]string, len(uris)), map[string]int{}
	for i, uri := range uris {
		names[i] = fileName(uri)
		same[folded(names[i])]++
	}
	for i, uri := range uris {
		if names[i] != path.Base(uri) || same[folded(names[i])] > 1 {
			names[i] = withHash(names[i], uri)
		}
	}
	taken := map[string]bool{}
	for i := range names { // a key may contain the hash of another
		for taken[folded(names[i])] {
			names[i] = "_" + names[i]
		}
		taken[folded(names[i])] = true
	}
	return names
}

// folded is what two names have in common that are one file on Windows or macOS: file systems there ignore case, and
// APFS also how a character with an accent is composed ("Apple File System Guide").
func folded(name string) string { return norm.NFD.String(cases.Fold().String(norm.NFD.String(name))) }

// reserved are names of devices, with any extension and spaces before it ("Naming Files, Paths, and Namespaces" and
// "Console Handles" in Microsoft's documentation).
var reserved = regexp.MustCompile(`(?i)^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$`)

func fileName(uri string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) || !unicode.IsPrint(r) || r == utf8.RuneError {
			return '_'
		}
		return r
	}, uri[strings.LastIndex(uri, "/")+1:])
	name = strings.TrimRight(name, ". ")
	if name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || reserved.MatchString(name) ||
		strings.HasSuffix(name, ".part") {
		name = "_" + name
	}
	if len(name) <= maxNameBytes {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > 20 {
		extension = ""
	}
	beginning := strings.ToValidUTF8(name[:maxNameBytes-len(extension)], "")
	return strings.TrimRight(beginning, ". ") + extension
}

// withHash puts a hash of the URI before the extension.
func withHash(name, uri string) string {
	sum := sha256.Sum256([]byte(uri))
	extension := path.Ext(name)
	return strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:4]) + extension
}
