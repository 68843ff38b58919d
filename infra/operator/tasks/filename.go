package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxNameBytes leaves room for a hash and .part in the 255 bytes of a file's name.
const maxNameBytes = 200

// fileNames returns the names that objects get as files: the last segments of their keys. A name that had to be
// changed, or that an earlier object has already, gets a hash of the URI.
func fileNames(uris []string) (names []string) {
	taken := map[string]bool{}
	for _, uri := range uris {
		name := fileName(uri)
		if name != path.Base(uri) || taken[folded(name)] {
			sum := sha256.Sum256([]byte(uri))
			extension := path.Ext(name)
			name = strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:4]) + extension
		}
		for taken[folded(name)] { // a key may contain the hash of another
			name = "_" + name
		}
		taken[folded(name)] = true
		names = append(names, name)
	}
	return names
}

// folded is what two names have in common that are one file on Windows or macOS: file systems there ignore case, and
// APFS also how a character with an accent is composed ("Apple File System Guide").
func folded(name string) string { return norm.NFD.String(cases.Fold().String(norm.NFD.String(name))) }

// devices are names of devices on Windows, with any extension and spaces before it ("Naming Files, Paths, and
// Namespaces" and "Console Handles" in Microsoft's documentation).
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$`)

// fileName is the end of a key's last segment, without what a file system may refuse, or a shell or a person may take
// for something else.
func fileName(uri string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"\|?*`, r) || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, path.Base(uri))
	name = strings.ToValidUTF8(name[max(0, len(name)-maxNameBytes):], "")
	name = strings.TrimRight(name, ". ") // Windows drops them
	if name == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") || devices.MatchString(name) {
		name = "_" + name
	}
	return name
}
