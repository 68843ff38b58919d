package invocation

import (
	"testing"
	"time"
)

// throttledTimes is a pace at which so many invocations in a row were throttled, and when the last one was.
func throttledTimes(n int) (*pace, time.Time) {
	p, now := &pace{}, time.Unix(1, 0)
	for range n {
		now = now.Add(time.Minute)
		p.refuse(now.Add(-time.Second), now)
	}
	return p, now
}

// TestGap is between the starts of two invocations.
func TestGap(t *testing.T) {
	for name, test := range map[string]struct {
		throttled, accepted int
		want                time.Duration
	}{
		"NoneAtFirst":    {0, 0, 0},
		"OneThrottle":    {1, 0, 50 * time.Millisecond},
		"TwoThrottles":   {2, 0, 100 * time.Millisecond},
		"ManyThrottles":  {20, 0, 2 * time.Second},
		"OneAccepted":    {2, 1, 50 * time.Millisecond},
		"TwoAccepted":    {2, 2, 25 * time.Millisecond},
		"NoneInTheEnd":   {20, 11, 0},
		"SomeBeforeThat": {20, 10, 1953125},
		"NoneWithoutAny": {0, 5, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := throttledTimes(test.throttled)
			for range test.accepted {
				p.accept()
			}
			if got := p.gap.Round(10 * time.Microsecond); got != test.want.Round(10*time.Microsecond) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// TestTake: one invocation starts, and the next has to wait for the gap.
func TestTake(t *testing.T) {
	p, now := throttledTimes(2)
	if left := p.take(now); left != 100*time.Millisecond {
		t.Errorf("right after the throttle it waits for %v", left)
	}
	now = now.Add(100 * time.Millisecond)
	if left := p.take(now); left != 0 {
		t.Errorf("after the gap it waits for %v", left)
	}
	if left := p.take(now.Add(30 * time.Millisecond)); left != 70*time.Millisecond {
		t.Errorf("after the next start it waits for %v", left)
	}
}

// TestRefusedTogether: invocations that started before the gap was raised raise it no more.
func TestRefusedTogether(t *testing.T) {
	p, now := throttledTimes(1)
	for range 10 {
		p.refuse(now.Add(-time.Second), now.Add(time.Millisecond))
	}
	if p.gap != 50*time.Millisecond {
		t.Errorf("the gap is %v", p.gap)
	}
	if refused := p.refuse(now.Add(-time.Second), now.Add(3*time.Minute)); refused != 3*time.Minute {
		t.Errorf("every invocation was throttled for %v", refused)
	}
}

// TestRateCatchesUp: starts are as many as the rate allows, on average, also if some are late; not more after a pause.
func TestRateCatchesUp(t *testing.T) {
	begin := time.Now()
	r := &rate{gap: 10 * time.Millisecond, next: begin}
	at := func(now time.Duration) time.Duration { return r.take(begin.Add(now)).Sub(begin) }
	for i, test := range []struct{ now, want time.Duration }{
		{0, 0}, {0, 10 * time.Millisecond}, {0, 20 * time.Millisecond},
		{75 * time.Millisecond, 30 * time.Millisecond}, // late: it catches up
		{time.Second, 900 * time.Millisecond},          // after a pause: a tenth of a second at most
		{time.Second, 910 * time.Millisecond},
	} {
		if got := at(test.now); got != test.want {
			t.Errorf("%d: %v, want %v", i, got, test.want)
		}
	}
}
