package main

import (
	"context"
	"strings"
	"sync"

	"sdtasktracker/shared/reconciliation"
)

// workers is how many parts of the bucket are listed at once.
//
// S3 lists 1,000 keys in some 100 to 200 ms, so one listing of ten million keys
// takes 17 to 33 minutes, which is longer than an invocation; eight take two to
// four, and a billion keys take them four to seven hours, some twenty
// invocations, and a million requests, 5 dollars. Eight listings are some 80
// requests a second, far from the 5,500 that a prefix takes ("Best practices
// design patterns: optimizing Amazon S3 performance"). Beyond that, an inventory
// tells which runs ended lately without listing all that ended before.
const workers = 8

// ranges are the parts of the bucket that nobody works on yet. A worker with a
// part splits it when others have none: how keys are distributed is not known
// before.
type ranges struct {
	mutex   sync.Mutex
	changed *sync.Cond
	waiting []reconciliation.Range
	working int
	idle    int
}

func newRanges(all []reconciliation.Range) *ranges {
	r := &ranges{waiting: all}
	r.changed = sync.NewCond(&r.mutex)
	return r
}

// take returns a range to work on, once there is one; ok is false if there is
// none, and nobody works on one that could be split, or if it is over. done must be
// called after it.
func (r *ranges) take(over func() bool) (part reconciliation.Range, ok bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.idle++
	defer func() { r.idle-- }()
	for len(r.waiting) == 0 && r.working > 0 {
		r.changed.Wait()
	}
	if len(r.waiting) == 0 || over() {
		return reconciliation.Range{}, false
	}
	part, r.waiting = r.waiting[0], r.waiting[1:]
	r.working++
	return part, true
}

func (r *ranges) done() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.working--
	r.changed.Broadcast()
}

func (r *ranges) add(part reconciliation.Range) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.waiting = append(r.waiting, part)
	r.changed.Broadcast()
}

// hungry tells whether a worker has nothing to do.
func (r *ranges) hungry() bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.idle > len(r.waiting)
}

// left are the ranges that nobody has taken.
func (r *ranges) left() []reconciliation.Range {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.waiting
}

// split halves a range by asking which key comes first in the upper half of the
// space of keys. It returns the range without its upper part, which is the
// second result; ok is false if there is nothing to part from.
func (b *bucket) split(ctx context.Context, prefix string, part reconciliation.Range,
) (lower, upper reconciliation.Range, ok bool, err error) {
	middle := between(max(part.After, prefix), part.To, prefix)
	if middle <= part.After || part.To != "" && middle >= part.To {
		return part, upper, false, nil
	}
	first, err := b.list(ctx, longer(prefix, commonPrefix(part)), middle, 1)
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
		return part, upper, false, nil // one run lies around the middle
	}
	lower.To = point
	return lower, reconciliation.Range{After: point, To: part.To}, true, nil
}

// The printable ASCII characters, between which almost all keys differ.
const firstCharacter, lastCharacter = ' ', '~'

// between is a string between two, so that about half of the keys between them
// come after it. high is "" for the end of all keys that begin with prefix.
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

// commonPrefix is what all keys of a range begin with.
func commonPrefix(part reconciliation.Range) string {
	if part.To == "" {
		return ""
	}
	return sharedPrefix(part.After, part.To)
}

func sharedPrefix(x, y string) string {
	i := 0
	for i < min(len(x), len(y)) && x[i] == y[i] {
		i++
	}
	return strings.ToValidUTF8(x[:i], "") // a half of a character is no prefix
}

func longer(x, y string) string {
	if len(x) > len(y) {
		return x
	}
	return y
}
