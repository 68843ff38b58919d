// Package deliverykey tells under which keys the publisher's objects are delivered:
// below a prefix, each under its own key, but for its extension.
package deliverykey

import (
	"regexp"
	"strings"
	"unicode"

	"sdtasktracker/shared/announcement"
)

// The placeholders of a delivery prefix.
const (
	taskIDPlaceholder  = "{task_id}"
	runtimePlaceholder = "{runtime}"
)

// Prefix replaces {task_id} and {runtime} in a delivery prefix by an
// announcement's. Both come from a message, so neither may leave the prefix.
func Prefix(prefix string, a announcement.Announcement) string {
	values := strings.NewReplacer(taskIDPlaceholder, segment(a.TaskID), runtimePlaceholder, segment(a.Runtime))
	return values.Replace(prefix)
}

// NeedsRuntime tells whether a delivery prefix depends on the task's runtime.
func NeedsRuntime(prefix string) bool { return strings.Contains(prefix, runtimePlaceholder) }

// segment makes a value fit for one segment of a key: no slashes, no control
// characters, neither empty nor the . and .. that file tools resolve.
func segment(value string) string {
	value = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || !unicode.IsPrint(r) {
			return '_'
		}
		return r
	}, value)
	if strings.Trim(value, ".") == "" {
		return "_" + value
	}
	return value
}

// unnamed ends the key of an object whose content the publisher's library has no
// extension for. Extensions come with their dot, so that Python's None, as text,
// follows the image's number at once: …-1None (upload_file in the publisher's
// s3_action.py).
var unnamed = regexp.MustCompile(`(?:[^/]\.|-[0-9]+)None$`)

// Unnamed tells whether the publisher found no extension for a key, and returns
// what comes before the extension that it should have.
func Unnamed(key string) (stem string, ok bool) {
	if !unnamed.MatchString(key) {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimSuffix(key, "None"), "."), true
}
