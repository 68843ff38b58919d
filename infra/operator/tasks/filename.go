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

// fileNames returns the objects' file names: the last segments of their keys. If a name had to be changed, or an
// earlier object has it, a hash of the URI is added.
func fileNames(uris []string) (names []string) {
	taken := map[string]bool{}
	for _, uri := range uris {
		name := fileName(uri)
		if name != path.Base(uri) || taken[folded(name)] {
			sum := sha256.Sum256([]byte(uri))
			extension := path.Ext(name)
			name = strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:4]) + extension
		}
		for taken[folded(name)] { // a key may contain the hash of another URI
			name = "_" + name
		}
		taken[folded(name)] = true
		names = append(names, name)
	}
	return names
}

// folded returns the same text for names that Windows or macOS take for the same file: their file systems ignore case,
// and APFS also ignores how accented characters are composed ("Apple File System Guide").
func folded(name string) string { return norm.NFD.String(cases.Fold().String(norm.NFD.String(name))) }

// devices matches names of devices on Windows, which may have spaces and an extension after them ("Naming Files, Paths,
// and Namespaces" and "Console Handles" in Microsoft's documentation).
var devices = regexp.MustCompile(`(?i)^(con|prn|aux|nul|clock\$|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?$`)

// fileName returns the end of a key's last segment. It replaces characters that a file system may refuse, and avoids
// names that a shell or a person may misread.
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
