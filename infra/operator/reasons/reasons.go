// Package reasons groups errors by their cause: two errors that differ only in ids, keys and numbers have one reason.
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

// Group has the dead letters of a queue that failed for the same reason, the oldest first.
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

// OldestFirst returns the dead letters in order.
func OldestFirst(letters []deadletter.Summary) []deadletter.Summary {
	return slices.SortedStableFunc(slices.Values(letters), func(x, y deadletter.Summary) int {
		return cmp.Compare(y.Age, x.Age)
	})
}

// neverSucceeds matches the reason of a dead letter that can only be saved and deleted.
var neverSucceeds = regexp.MustCompile(`^invalid (announcement|request): `)

// Command is what to type once the reason is gone: it redrives the group, or saves and deletes what never succeeds.
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

// minCommon is the length in bytes of the shortest text that says something.
const minCommon = 4

// common is the longest printable piece of the reason that the errors of all dead letters contain, letter for letter.
// It is "" if no piece says anything.
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
