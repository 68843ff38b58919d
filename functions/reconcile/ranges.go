package main

import (
	"context"
	"strings"

	"sdtasktracker/shared/reconciliation"
)

// workers is how many ranges of the bucket are listed at the same time.
//
// S3 lists 1,000 keys in 100 to 200 ms. One worker lists ten million keys in 17 to 33 minutes, longer
// than an invocation; eight workers take two to four minutes. They list a billion keys in four to
// seven hours: about twenty invocations with a million requests, which cost $5. In buckets of that
// size, an S3 Inventory report finds recent runs without listing all earlier runs. Eight workers send
// about 80 requests a second, of the 5,500 that S3 allows for a prefix ("Best practices design
// patterns: optimizing Amazon S3 performance").
const workers = 8

// split splits a range in two at the first key that S3 lists in the upper half of all possible keys.
// ok is false if it can't split the range. Even then, lower may be shorter than the range.
func (b *bucket) split(ctx context.Context, prefix string, part reconciliation.Range,
) (lower, upper reconciliation.Range, ok bool, err error) {
	middle := between(max(part.After, prefix), part.To, prefix)
	if middle <= part.After || part.To != "" && middle >= part.To {
		return part, upper, false, nil
	}
	first, err := b.list(ctx, prefixOf(part, prefix), middle, 1)
	if err != nil {
		return part, upper, false, err
	}
	lower = part
	if len(first.objects) == 0 || part.To != "" && first.objects[0].key > part.To {
		lower.To = middle
		return lower, upper, false, nil
	}
	point := splitPoint(first.objects[0].key)
	if point <= part.After {
		return part, upper, false, nil // one run's keys surround the middle
	}
	lower.To = point
	return lower, reconciliation.Range{After: point, To: part.To}, true, nil
}

// The first and the last printable ASCII character. Almost all keys consist of printable ASCII.
const firstCharacter, lastCharacter = ' ', '~'

// between returns a string about halfway between low and high. If high is "", it is the end of all
// keys that begin with prefix.
func between(low, high, prefix string) string {
	if high == "" {
		high = prefix + string(rune(lastCharacter+1))
	}
	common := sharedPrefix(low, high)
	x, y := characterAt(low, len(common), firstCharacter), characterAt(high, len(common), lastCharacter+1)
	if y-x > 1 {
		return common + string(rune((x+y)/2))
	}
	next := characterAt(low, len(common)+1, firstCharacter)
	return common + string(rune(x)) + string(rune((next+lastCharacter+1)/2))
}

func characterAt(s string, i int, otherwise rune) rune {
	if i >= len(s) {
		return otherwise
	}
	return min(max(rune(s[i]), firstCharacter), lastCharacter+1)
}

// prefixOf returns a prefix of all keys in a range: the given prefix, or a longer prefix.
func prefixOf(part reconciliation.Range, prefix string) string {
	if shared := sharedPrefix(part.After, part.To); len(shared) > len(prefix) {
		return shared
	}
	return prefix
}

func sharedPrefix(x, y string) string {
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	return strings.ToValidUTF8(x[:i], "") // S3 takes whole characters only
}
