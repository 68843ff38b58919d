package tasks

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode"
)

// maxNameBytes leaves room for a hash and .part in the 255 bytes of a file's name.
const maxNameBytes = 200

// fileNames returns the names that objects get as files: the last segments of their keys. A name that had to be
// changed, or that an earlier object has already, gets a hash of the URI. File systems may ignore case.
func fileNames(uris []string) (names []string) {
	taken := map[string]bool{}
	for _, uri := range uris {
		name := fileName(uri)
		if name != path.Base(uri) || taken[strings.ToLower(name)] {
			sum := sha256.Sum256([]byte(uri))
			extension := path.Ext(name)
			name = strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:4]) + extension
		}
		taken[strings.ToLower(name)] = true
		names = append(names, name)
	}
	return names
}

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
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "-") {
		name = "_" + name
	}
	return name
}
