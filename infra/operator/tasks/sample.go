package tasks

import (
	"maps"
	"slices"
	"time"
)

// sample counts durations by their milliseconds, rounded to three significant digits. So it has at most 900 elements
// for each power of ten, however many durations were added, and a percentile is at most 0.5% off.
type sample map[int64]int

func (s sample) add(d time.Duration) {
	unit := time.Millisecond
	for d.Abs()/unit >= 1000 {
		unit *= 10
	}
	s[d.Round(unit).Milliseconds()]++
}

// percentile is the nearest-rank percentile in milliseconds; nil if nothing was added.
func (s sample) percentile(percent int) *int64 {
	total := 0
	for _, n := range s {
		total += n
	}
	rank := (total*percent + 99) / 100
	for _, ms := range slices.Sorted(maps.Keys(s)) {
		if rank -= s[ms]; rank <= 0 {
			return &ms
		}
	}
	return nil
}
