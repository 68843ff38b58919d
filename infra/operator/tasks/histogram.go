package tasks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sdtasktracker/infra/operator/output"
)

// bar counts the tasks that took less than a duration, and at least as long as that of the bar before.
type bar struct {
	// BelowMS is absent in the last bar, which has no limit.
	BelowMS int64 `json:"below_ms,omitempty"`
	Tasks   int   `json:"tasks"`

	label string
}

// limits of the bars: each is about two to three times the last.
var limits = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour, 0,
}

func newHistogram() []bar {
	bars := make([]bar, len(limits))
	for i, limit := range limits {
		bars[i] = bar{BelowMS: limit.Milliseconds(), label: "< " + output.Duration(limit)}
		if limit == 0 {
			bars[i].label = "≥ " + output.Duration(limits[i-1])
		}
	}
	return bars
}

func addToHistogram(bars []bar, d time.Duration) {
	i := slices.IndexFunc(limits, func(limit time.Duration) bool { return d < limit || limit == 0 })
	bars[i].Tasks++
}

// withoutEmptyEnds returns the bars without the empty ones at both ends.
func withoutEmptyEnds(bars []bar) []bar {
	for len(bars) > 0 && bars[0].Tasks == 0 {
		bars = bars[1:]
	}
	for len(bars) > 0 && bars[len(bars)-1].Tasks == 0 {
		bars = bars[:len(bars)-1]
	}
	return bars
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
