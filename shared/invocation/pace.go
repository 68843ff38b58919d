package invocation

import (
	"cmp"
	"context"
	"sync"
	"time"
)

// The time between the starts of two invocations while Lambda throttles them. The longest
// is short enough to notice soon that Lambda accepts them again, and few requests for a
// Lambda that accepts none. Below the shortest, they are not spaced.
const (
	minGap   = time.Millisecond
	firstGap = 50 * time.Millisecond
	maxGap   = 2 * time.Second
)

// pace spaces the invocations of a function while Lambda throttles them: twice as far after
// a throttle, a fifth closer after each that Lambda accepts. One in four is throttled then,
// where all of the concurrency is used. Nothing is spaced before the first throttle.
type pace struct {
	mutex   sync.Mutex
	gap     time.Duration
	next    time.Time // when the next invocation may start
	raised  time.Time // when gap was last raised
	refused time.Time // since when Lambda refuses every invocation; zero if it does not
}

// wait waits until an invocation may start. Which of those that wait comes next is not
// said before, so that a faster pace is for all of them.
func (p *pace) wait(ctx context.Context, now func() time.Time) error {
	for {
		left := p.take(now())
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// take lets an invocation start, or returns how long no other may.
func (p *pace) take(now time.Time) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if left := p.next.Sub(now); left > 0 {
		return left
	}
	p.next = now.Add(p.gap)
	return 0
}

// accept makes the pace faster.
func (p *pace) accept() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.refused = time.Time{}
	if p.gap = p.gap * 4 / 5; p.gap < minGap {
		p.gap = 0
	}
}

// refuse makes the pace slower, and returns for how long Lambda has refused everything.
// Invocations that started before the pace was last slowed down say nothing of it.
func (p *pace) refuse(started, now time.Time) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.refused.IsZero() {
		p.refused = now
	}
	if started.After(p.raised) {
		p.gap, p.raised = min(cmp.Or(2*p.gap, firstGap), maxGap), now
		p.next = now.Add(p.gap)
	}
	return now.Sub(p.refused)
}
