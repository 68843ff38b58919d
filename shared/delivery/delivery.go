// Package delivery has the rules of delivery: which of a task's objects the deliver
// function copies to the delivery bucket, and to which keys. A copy has the delivery
// prefix and its source's key. Only its extension may differ.
package delivery

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"sdtasktracker/shared/announcement"
)

// URIs returns the URIs of the objects to deliver for an announcement, images first:
// the images of a completed task and, withOutput, its raw output; for a failed task, its
// error report, withOutput only. ok is false if the announcement needs no delivery. A
// completed task without images needs one: its record says that nothing was delivered.
func URIs(a announcement.Announcement, withOutput bool) (uris []string, ok bool) {
	if a.Status == announcement.Completed {
		uris = slices.Clone(a.ImageURLs)
	}
	if withOutput && a.Status.Terminal() && a.OutputURL != "" {
		uris = append(uris, a.OutputURL)
	}
	return uris, a.Status == announcement.Completed || len(uris) > 0
}

// SplitURI parses s3://BUCKET/KEY. The guidance concatenates it without escaping, so the key is every byte after the
// bucket's slash. A URL parser would cut off #1 and ?1, refuse 100%, and change %20. ok is false for another text, and
// if the bucket or the key is missing.
func SplitURI(uri string) (bucket, key string, ok bool) {
	path, ok := strings.CutPrefix(uri, "s3://")
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key, ok && bucket != "" && key != ""
}

// The placeholders of a delivery prefix, without their braces.
const (
	taskID      = "task_id"
	runtime     = "runtime"
	date        = "date"
	fromContext = "context." // and a path
)

// Prefix replaces the placeholders in a delivery prefix: {task_id}, {runtime}, {date},
// which is the day of the announcement's publish time in UTC, and {context.PATH}, which
// is what [announcement.Announcement.ContextText] finds. A value that is missing becomes
// an underscore. Values come from a message, so none may leave the prefix.
func Prefix(prefix string, a announcement.Announcement) string {
	return placeholders.ReplaceAllStringFunc(prefix, func(p string) string {
		return replacement(p[len("{"):len(p)-len("}")], a)
	})
}

var placeholders = regexp.MustCompile(`\{[^}]*\}`)

func replacement(placeholder string, a announcement.Announcement) string {
	path, ofContext := strings.CutPrefix(placeholder, fromContext)
	switch {
	case placeholder == taskID:
		return segment(a.TaskID)
	case placeholder == runtime:
		return segment(a.Runtime)
	case placeholder == date:
		return Date(a.PublishedAt)
	case ofContext:
		text, _ := a.ContextText(path)
		return segment(text)
	}
	return "{" + placeholder + "}"
}

// Date is what {date} becomes for an announcement that was published at this time.
func Date(published time.Time) string { return published.UTC().Format(time.DateOnly) }

// NeedsRuntime reports whether a delivery prefix depends on the task's runtime.
func NeedsRuntime(prefix string) bool { return strings.Contains(prefix, "{"+runtime+"}") }

// NeedsContext reports whether a delivery prefix depends on the task's context.
func NeedsContext(prefix string) bool { return strings.Contains(prefix, "{"+fromContext) }

// NeedsDate reports whether a delivery prefix depends on the publish time.
func NeedsDate(prefix string) bool { return strings.Contains(prefix, "{"+date+"}") }

// segment turns a value into one segment of a key. A segment has no slashes and no
// control characters. It is neither empty nor . or .., which file tools resolve.
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

// unnamed matches the keys of objects that the guidance found no extension for. It
// appends an extension with its dot, so it appends a missing one as Python's None:
// …-1None (upload_file in the guidance's s3_action.py).
var unnamed = regexp.MustCompile(`(?:[^/]\.|-[0-9]+)None$`)

// Unnamed reports whether the guidance found no extension for an object, by its key.
// stem is the key without the extension.
func Unnamed(key string) (stem string, ok bool) {
	if !unnamed.MatchString(key) {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimSuffix(key, "None"), "."), true
}
