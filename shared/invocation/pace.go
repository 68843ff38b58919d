package invocation

import (
	"cmp"
	"context"
	"sync"
	"time"

	"sdtasktracker/shared/pause"
)

// The gap between the starts of two invocations while Lambda throttles them. A throttle
// doubles it, from firstGap to maxGap at most; an accepted invocation halves it. So
// about one invocation in two is throttled while all of the concurrency is in use, and the gap stays small if Lambda
// throttles fewer, however slow we are. Below minGap there is no gap.
const (
	minGap   = time.Millisecond
	firstGap = 50 * time.Millisecond
	maxGap   = 2 * time.Second
)

// pace slows down the invocations of one function while Lambda throttles them. Until the
// first throttle there is no gap.
type pace struct {
	mutex   sync.Mutex
	gap     time.Duration
	next    time.Time // when the next invocation may start
	raised  time.Time // when gap was last raised
	refused time.Time // the first throttle since the last accepted invocation; zero if none
}

// wait waits until an invocation may start. It doesn't reserve a time in advance, so a
// smaller gap takes effect for all callers that wait.
func (p *pace) wait(ctx context.Context, now func() time.Time) error {
	for {
		left := p.take(now())
		if left <= 0 {
			return ctx.Err()
		}
		if err := pause.For(ctx, left); err != nil {
			return err
		}
	}
}

// take returns 0 if an invocation may start now, and otherwise how long to wait.
func (p *pace) take(now time.Time) time.Duration {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if left := p.next.Sub(now); left > 0 {
		return left
	}
	p.next = now.Add(p.gap)
	return 0
}

// accept reduces the gap after an invocation that Lambda accepted.
func (p *pace) accept() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.refused = time.Time{}
	if p.gap /= 2; p.gap < minGap {
		p.gap = 0
	}
}

// refuse raises the gap after a throttled invocation, unless that started before the gap was
// last raised. It returns how long Lambda has throttled every invocation.
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

// maxBehind is how much of a rate may be caught up with: a timer's delays must not lower a rate of hundreds a second.
const maxBehind = 100 * time.Millisecond

// rate spaces the starts of invocations.
type rate struct {
	mutex sync.Mutex
	gap   time.Duration
	next  time.Time // when the next invocation may start
}

// take returns when an invocation may start, and reserves that time.
func (r *rate) take(now time.Time) time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	start := r.next
	if earliest := now.Add(-maxBehind); start.Before(earliest) {
		start = earliest
	}
	r.next = start.Add(r.gap)
	return start
}
