package tasks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/output"
)

// bar counts the tasks that took less than its limit, and at least the limit of the bar before.
type bar struct {
	// BelowMS is absent in the last bar, which has no limit.
	BelowMS int64 `json:"below_ms,omitempty"`
	Tasks   int   `json:"tasks"`

	label string
}

// limits of the bars: each is one and a half to three times the one before; 0 is no limit.
var limits = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 0,
}

// histogram returns the bars of a sample, without empty bars at both ends.
func (s sample) histogram() []bar {
	bars, used := []bar{}, 0
	for i, limit := range limits {
		b := bar{BelowMS: limit.Milliseconds(), label: "< " + output.Duration(limit)}
		if limit == 0 {
			b.label = "≥ " + output.Duration(limits[i-1])
		}
		for ms, n := range s {
			above := i == 0 || ms >= limits[i-1].Milliseconds()
			if above && (ms < b.BelowMS || limit == 0) {
				b.Tasks += n
			}
		}
		if b.Tasks > 0 || used > 0 {
			bars = append(bars, b)
		}
		if b.Tasks > 0 {
			used = len(bars)
		}
	}
	return bars[:used]
}

// printHistogram prints the bars, the longest with 40 characters.
func printHistogram(p *output.Printer, bars []bar) {
	const longest = 40
	most := slices.MaxFunc(bars, func(x, y bar) int { return x.Tasks - y.Tasks }).Tasks
	for _, b := range bars {
		length := (b.Tasks*longest + most - 1) / most
		line := fmt.Sprintf("%7s  %-*s %d", b.label, longest, strings.Repeat("█", length), b.Tasks)
		p.Printf("%s\n", strings.TrimRight(line, " "))
	}
}

// sample counts durations by their milliseconds, rounded to three significant digits. So its size is bounded, at most
// 900 elements for each power of ten, and a percentile is at most 0.5% off.
type sample map[int64]int

func (s sample) add(d time.Duration) {
	unit := time.Millisecond
	for d.Abs()/unit >= 1000 {
		unit *= 10
	}
	s[d.Round(unit).Milliseconds()]++
}

// percentile returns the nearest-rank percentile as a duration; nil if nothing was added.
func (s sample) percentile(percent int) any {
	total := 0
	for _, n := range s {
		total += n
	}
	rank := (total*percent + 99) / 100
	for _, ms := range slices.Sorted(maps.Keys(s)) {
		if rank -= s[ms]; rank <= 0 {
			return time.Duration(ms) * time.Millisecond
		}
	}
	return nil
}
