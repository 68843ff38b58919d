// Package delivery has the rules of delivery: which of a task's objects the deliver
// function copies to the delivery bucket, and to which keys. A copy's key is the
// delivery prefix and the source's key. Only the extension may differ.
package delivery

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"sdtasktracker/shared/announcement"
)

// URIs returns the URIs of the objects to deliver for an announcement, images first.
// These are the images of a completed task. withOutput adds its raw output, or the error
// report of a failed task. ok is false if the announcement needs no delivery. A completed
// task without images needs a delivery, so that its item says that it has no images.
func URIs(a announcement.Announcement, withOutput bool) (uris []string, ok bool) {
	if a.Status == announcement.Completed {
		uris = slices.Clone(a.ImageURLs)
	}
	if withOutput && a.Status.Terminal() && a.OutputURL != "" {
		uris = append(uris, a.OutputURL)
	}
	return uris, a.Status == announcement.Completed || len(uris) > 0
}

// SplitURI parses s3://BUCKET/KEY. The guidance doesn't escape keys, so the key is every byte after the bucket's
// slash. A URL parser would cut off #1 and ?1, refuse 100%, and change %20. ok is false if the text has another form,
// or lacks the bucket or the key.
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
	fromContext = "context." // followed by a path
)

// Prefix replaces the placeholders in a delivery prefix: {task_id}, {runtime}, {date}
// with the UTC day of the announcement's publish time, and {context.PATH} with the
// result of [announcement.Announcement.ContextText]. A missing value becomes an
// underscore. Values come from a message, so Prefix keeps them from leaving their folder.
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

// Date returns the value of {date} for an announcement that was published at this time.
func Date(published time.Time) string { return published.UTC().Format(time.DateOnly) }

// NeedsRuntime reports whether a delivery prefix depends on the task's runtime.
func NeedsRuntime(prefix string) bool { return strings.Contains(prefix, "{"+runtime+"}") }

// NeedsContext reports whether a delivery prefix depends on the task's context.
func NeedsContext(prefix string) bool { return strings.Contains(prefix, "{"+fromContext) }

// NeedsDate reports whether a delivery prefix depends on the publish time.
func NeedsDate(prefix string) bool { return strings.Contains(prefix, "{"+date+"}") }

// segment converts a value to a segment of a key. A segment has no slashes and no
// control characters. It is not empty, and not . or .., which file tools resolve.
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

// unnamed matches the keys of objects for which the guidance found no extension. It
// then appends Python's None instead of an extension with its dot: …-1None (upload_file
// in the guidance's s3_action.py).
var unnamed = regexp.MustCompile(`(?:[^/]\.|-[0-9]+)None$`)

// Unnamed reports whether a key shows that the guidance found no extension for the
// object. stem is the key without None.
func Unnamed(key string) (stem string, ok bool) {
	if !unnamed.MatchString(key) {
		return "", false
	}
	return strings.TrimSuffix(strings.TrimSuffix(key, "None"), "."), true
}
