package deadletter

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// receivers is how many receive requests run at once. More would be faster, but each
// takes up to ten megabytes of memory.
const receivers = 4

// Selection chooses letters by a request's conditions, up to a maximum for all queues
// together.
type Selection struct {
	request Request
	max     int
	now     func() time.Time

	mutex sync.Mutex
	taken int // letters chosen or being received
}

// NewSelection returns a selection by the request's conditions of at most max letters;
// 0 means no limit. now is the clock for the letters' ages.
func NewSelection(request Request, max int, now func() time.Time) *Selection {
	return &Selection{request: request, max: max, now: now}
}

// reserve returns how many letters to receive next.
func (s *Selection) reserve() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	n := batchSize
	if s.max > 0 {
		n = min(n, s.max-s.taken)
	}
	s.taken += n
	return n
}

// choose returns the letters that match. reserved is what reserve returned.
func (s *Selection) choose(letters []Letter, reserved int) (chosen []Letter) {
	now := s.now()
	for _, l := range letters {
		if l.Matches(s.request, now) {
			chosen = append(chosen, l)
		}
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.taken -= reserved - len(chosen)
	return chosen
}

// Full reports whether the selection has reached its maximum.
func (s *Selection) Full() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.max > 0 && s.taken >= s.max
}

// Walk reads the queue once, and calls handle with the letters that the selection
// chooses, up to ten at a time and from several goroutines. It returns the number of
// letters that did not match. It ends with the first error.
func (r *Reader) Walk(ctx context.Context, s *Selection, handle func([]Letter) error) (skipped int, err error) {
	var others atomic.Int64
	walks, ctx := errgroup.WithContext(ctx)
	for range receivers {
		walks.Go(func() error { return r.walk(ctx, s, &others, handle) })
	}
	err = walks.Wait()
	return int(others.Load()), err
}

func (r *Reader) walk(ctx context.Context, s *Selection, others *atomic.Int64, handle func([]Letter) error) error {
	for {
		reserved := s.reserve()
		if reserved == 0 {
			return nil
		}
		letters, err := r.receive(ctx, reserved)
		chosen := s.choose(letters, reserved)
		others.Add(int64(len(letters) - len(chosen)))
		if err == nil && len(chosen) > 0 {
			err = handle(chosen)
		}
		if err != nil || len(letters) == 0 {
			return err
		}
	}
}
