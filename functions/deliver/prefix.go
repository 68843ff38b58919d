package main

import (
	"strings"
	"unicode"

	"sdtasktracker/shared/announcement"
)

// expandPrefix replaces {task_id} and {runtime} in a delivery prefix by an
// announcement's. Both come from a message, so neither may leave the prefix.
func expandPrefix(prefix string, a announcement.Announcement) string {
	return strings.NewReplacer("{task_id}", segment(a.TaskID), "{runtime}", segment(a.Runtime)).Replace(prefix)
}

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
