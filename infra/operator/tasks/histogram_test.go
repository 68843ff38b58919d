package tasks

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestSample: a percentile of any number of durations is close to that of all of them, in memory that is bounded.
func TestSample(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s, all := sample{}, []int64{}
	for range 100_000 {
		ms := int64(math.Exp(random.Float64() * math.Log(7*24*3600*1000))) // up to a week
		if random.IntN(100) == 0 {
			ms = -ms // of two clocks
		}
		all = append(all, ms)
		s.add(time.Duration(ms) * time.Millisecond)
	}
	slices.Sort(all)
	for _, percent := range []int{1, 50, 95, 100} {
		want := all[(len(all)*percent+99)/100-1]
		got := s.percentile(percent)
		if got == nil || math.Abs(float64(*got-want)) > 0.005*math.Abs(float64(want)) {
			t.Errorf("p%d is %v, want %d", percent, got, want)
		}
	}
	if len(s) > 2*9*900 {
		t.Errorf("it has %d elements", len(s))
	}
}

func TestSampleExact(t *testing.T) {
	for name, test := range map[string]struct {
		add  []time.Duration
		p50  int64
		p95  int64
		none bool
	}{
		"nothing":         {none: true},
		"zero":            {add: []time.Duration{0}},
		"a minute":        {add: []time.Duration{time.Minute}, p50: 60_000, p95: 60_000},
		"milliseconds":    {add: []time.Duration{7 * time.Millisecond, 999 * time.Millisecond}, p50: 7, p95: 999},
		"rounded up":      {add: []time.Duration{1995 * time.Millisecond}, p50: 2000, p95: 2000},
		"rounded down":    {add: []time.Duration{12_349 * time.Millisecond}, p50: 12_300, p95: 12_300},
		"before the time": {add: []time.Duration{-12_351 * time.Millisecond, time.Second}, p50: -12_400, p95: 1000},
	} {
		t.Run(name, func(t *testing.T) {
			s := sample{}
			for _, d := range test.add {
				s.add(d)
			}
			p50, p95 := s.percentile(50), s.percentile(95)
			if test.none != (p50 == nil) || !test.none && (*p50 != test.p50 || *p95 != test.p95) {
				t.Errorf("got %v, %v", p50, p95)
			}
		})
	}
}
