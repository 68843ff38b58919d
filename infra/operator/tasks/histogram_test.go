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
		got := s.percentile(percent).(time.Duration).Milliseconds()
		if math.Abs(float64(got-want)) > 0.005*math.Abs(float64(want)) {
			t.Errorf("p%d is %v, want %d", percent, got, want)
		}
	}
	if len(s) > 2*9*900 {
		t.Errorf("it has %d elements", len(s))
	}
}

func TestSampleExact(t *testing.T) {
	var upTo31 []time.Duration
	for ms := range time.Duration(31) {
		upTo31 = append(upTo31, (1+ms)*time.Millisecond)
	}
	for name, test := range map[string]struct {
		add      []time.Duration
		p50, p95 any
	}{
		"Nothing": {},
		"Zero":    {[]time.Duration{0}, 0 * time.Second, 0 * time.Second},
		"Minute":  {[]time.Duration{time.Minute}, time.Minute, time.Minute},
		"Milliseconds": {[]time.Duration{7 * time.Millisecond, 999 * time.Millisecond}, 7 * time.Millisecond,
			999 * time.Millisecond},
		"RoundedUp":     {[]time.Duration{1995 * time.Millisecond}, 2 * time.Second, 2 * time.Second},
		"RoundedDown":   {[]time.Duration{12_349 * time.Millisecond}, 12_300 * time.Millisecond, 12_300 * time.Millisecond},
		"NearestRank":   {upTo31, 16 * time.Millisecond, 30 * time.Millisecond},
		"BeforeTheTime": {[]time.Duration{-12_351 * time.Millisecond, time.Second}, -12_400 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := sample{}
			for _, d := range test.add {
				s.add(d)
			}
			p50, p95 := s.percentile(50), s.percentile(95)
			if p50 != test.p50 || p95 != test.p95 {
				t.Errorf("got %v, %v", p50, p95)
			}
		})
	}
}

// TestHistogram: each duration is in the bar of its limits, and empty bars at both ends are left out.
func TestHistogram(t *testing.T) {
	s := sample{}
	for _, d := range []time.Duration{1990 * time.Millisecond, 2 * time.Second, 3 * time.Second, 25 * time.Second} {
		s.add(d)
	}
	want := []bar{{2000, 1, "< 2s"}, {5000, 2, "< 5s"}, {10_000, 0, "< 10s"}, {20_000, 0, "< 20s"}, {30_000, 1, "< 30s"}}
	if got := s.histogram(); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := (sample{3 * 3600_000: 2}).histogram(); !slices.Equal(got, []bar{{0, 2, "≥ 3h"}}) {
		t.Errorf("got %+v", got)
	}
}
