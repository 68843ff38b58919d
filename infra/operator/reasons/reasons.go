// Package reasons groups errors by their cause: errors that differ only in ids, keys and numbers have the same reason.
package reasons

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
)

// gap replaces what differs between errors with the same reason.
const gap = "…"

// varying matches URIs, quoted texts, words with digits, such as ids, and numbers.
var varying = regexp.MustCompile(`(?:s3|https?)://[^\s"',;]+|arn:[^\s"',;]+|"(?:[^"\\]|\\.)*"|` + status +
	`|[\w+/=-]*\d[\w+/=-]{5,}|[\w+/=-]{5,}\d[\w+/=-]*|\b\d+(?:[.:]\d+)*\b`)

// status matches an HTTP status. It is kept: errors with different statuses have different reasons.
const status = `(?i:status(?: ?code)?:? ?|HTTP(?:/[\d.]+)? |\bcode"?:? ?)\d{3}\b`

// hasStatus matches a text that begins with a status.
var hasStatus = regexp.MustCompile(`^` + status)

// gaps matches several gaps with only separators between them.
var gaps = regexp.MustCompile(gap + `(?:[\s,;/.:]*` + gap + `)+`)

// Of returns an error's reason: the error on one line, with "…" for ids, keys and numbers.
func Of(err string) string {
	oneLine := strings.Join(strings.Fields(err), " ")
	return gaps.ReplaceAllString(varying.ReplaceAllStringFunc(oneLine, func(found string) string {
		if hasStatus.MatchString(found) {
			return found
		}
		return gap
	}), gap)
}

// Group is the dead letters of a queue that failed for the same reason, oldest first.
type Group struct {
	Queue   names.Queue
	Reason  string
	Letters []deadletter.Summary

	alone bool // whether its queue has no other group
}

// Groups returns the groups of dead letters, the largest first.
func Groups(letters []deadletter.Summary) (groups []Group) {
	queues := map[names.Queue]int{}
	for _, l := range OldestFirst(letters) {
		reason := Of(l.Error)
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Queue == l.Queue && g.Reason == reason })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Queue: l.Queue, Reason: reason})
			queues[l.Queue]++
		}
		groups[i].Letters = append(groups[i].Letters, l)
	}
	for i, g := range groups {
		groups[i].alone = queues[g.Queue] == 1
	}
	slices.SortStableFunc(groups, func(x, y Group) int { return cmp.Compare(len(y.Letters), len(x.Letters)) })
	return groups
}

// OldestFirst returns the dead letters, oldest first.
func OldestFirst(letters []deadletter.Summary) []deadletter.Summary {
	return slices.SortedStableFunc(slices.Values(letters), func(x, y deadletter.Summary) int {
		return cmp.Compare(y.Age, x.Age)
	})
}

// neverSucceeds matches the reason of a dead letter that can only be saved and deleted.
var neverSucceeds = regexp.MustCompile(`^invalid (announcement|request): `)

// Command returns the command line to run once the reason is fixed. It redrives the group, or saves and deletes it if
// it can never succeed.
func (g Group) Command(line command.Line) command.Line {
	args := []string{"redrive", "--queue", string(g.Queue)}
	if common := g.common(); !g.alone && common != "" {
		args = append(args, "--error-contains", common)
	}
	if neverSucceeds.MatchString(g.Reason) {
		args = append(args, "--save", string(g.Queue)+".jsonl", "--delete")
	}
	return line.For(args...)
}

// minCommon is the minimum length of a text for --error-contains, in bytes: a shorter text matches too much.
const minCommon = 4

// common returns the longest printable piece of the reason that the errors of all dead letters contain; "" if every
// piece is too short.
func (g Group) common() (longest string) {
	ends := func(r rune) bool { return string(r) == gap || r == utf8.RuneError || !unicode.IsPrint(r) }
	for piece := range strings.FieldsFuncSeq(g.Reason, ends) {
		piece = strings.TrimSpace(piece)
		if len(piece) < max(minCommon, len(longest)+1) {
			continue
		}
		lacks := func(l deadletter.Summary) bool { return !strings.Contains(l.Error, piece) }
		if !slices.ContainsFunc(g.Letters, lacks) {
			longest = piece
		}
	}
	return longest
}
