// Package reasons groups errors by their cause: two errors that differ only in ids, keys and numbers have one reason.
package reasons

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap stands for what differs between errors of one reason.
const gap = "…"

// varying are URIs, quoted texts, words with digits, such as ids, and numbers.
var varying = regexp.MustCompile(`(?:s3|https?)://[^\s"',;]+|arn:[^\s"',;]+|"(?:[^"\\]|\\.)*"|` + status +
	`|[\w+/=-]*\d[\w+/=-]{5,}|[\w+/=-]{5,}\d[\w+/=-]*|\b\d+(?:[.:]\d+)*\b`)

// status is an HTTP status, which makes a difference.
const status = `(?i:status(?: ?code)?:? ?|HTTP(?:/[\d.]+)? |\bcode"?:? ?)\d{3}\b`

// hasStatus matches what begins with a status.
var hasStatus = regexp.MustCompile(`^` + status)

// gaps are several gaps, with nothing between them but separators.
var gaps = regexp.MustCompile(gap + `(?:[\s,;/.:]*` + gap + `)+`)

// Of is an error's reason: the error with "…" for whatever differs between errors of the same cause. It is on one line.
func Of(err string) string {
	oneLine := strings.Join(strings.Fields(err), " ")
	return gaps.ReplaceAllString(varying.ReplaceAllStringFunc(oneLine, func(found string) string {
		if hasStatus.MatchString(found) {
			return found
		}
		return gap
	}), gap)
}

// minCommon is the length in bytes of the shortest text that says something.
const minCommon = 4

// Common is the longest printable piece of a reason that all errors contain, letter for letter; "" if no piece says
// anything.
func Common(reason string, errors []string) (longest string) {
	ends := func(r rune) bool { return string(r) == gap || r == utf8.RuneError || !unicode.IsPrint(r) }
	for piece := range strings.FieldsFuncSeq(reason, ends) {
		piece = strings.TrimSpace(piece)
		if len(piece) < max(minCommon, len(longest)+1) {
			continue
		}
		everywhere := true
		for _, err := range errors {
			everywhere = everywhere && strings.Contains(err, piece)
		}
		if everywhere {
			longest = piece
		}
	}
	return longest
}
