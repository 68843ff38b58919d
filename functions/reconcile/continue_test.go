package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/reconciliation"
)

// TestContinue stops again and again, and continues: no run is left out, however the
// ranges are split.
func TestContinue(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it puts thousands of objects")
	}
	w := newWorld(t, nil)
	const tasks = 150
	for n := range tasks {
		id := fmt.Sprintf("%x-%d", n%16, n)
		w.store.PutAt(t, noon, "source", id+"/"+id+"-0f3c.out", `{"code": 500}`)
		for other := range 30 { // somebody else's
			w.store.PutAt(t, noon, "source", fmt.Sprintf("%s/%d.txt", id, other), "")
		}
	}
	request := reconciliation.Request{Repair: true, RatePerSecond: 10_000}
	repaired, calls := 0, 0
	for ; calls == 0 || len(request.Continue) > 0; calls++ {
		if calls > 10*tasks {
			t.Fatalf("no end: %+v", request.Continue)
		}
		c := newComparison(w.Handler, request, time.Now().Add(3*time.Millisecond))
		if err := c.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		repaired += c.result().Repaired
		request.Continue = c.result().More
	}
	if calls < 4 || repaired != tasks {
		t.Errorf("%d calls repaired %d of %d", calls, repaired, tasks)
	}
	for n := range tasks {
		if got := w.task(t, fmt.Sprintf("%x-%d", n%16, n)); got.Status != announcement.Failed {
			t.Errorf("task %s is %+v", got.ID, got)
		}
	}
}

// TestStopsWithinRun: if it is time to stop within a run, the rest begins with that run, not with
// the next page.
func TestStopsWithinRun(t *testing.T) {
	w := newWorld(t, nil)
	w.end(t, 0, "t", "aaaa", pageSize+100)
	worker := newWorker(newComparison(w.Handler, reconciliation.Request{}, time.Now()), []reconciliation.Range{{}})
	stopped, err := worker.list(t.Context())
	if want := []reconciliation.Range{{After: "t/t-aaaa"}}; !stopped || err != nil || !slices.Equal(worker.ranges, want) {
		t.Fatalf("stopped is %t, left is %q, error is %v", stopped, worker.ranges, err)
	}
	got := w.reconcile(t, reconciliation.Request{Continue: worker.ranges})
	if got.Runs != 1 || got.Kinds[reconciliation.MissingInTable] != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestStopsAtOnce: the answer has the ranges that no worker has begun.
func TestStopsAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.end(t, 0, "t", "aaaa", 1)
	parts := []reconciliation.Range{{To: "s"}, {After: "s"}}
	c := newComparison(w.Handler, reconciliation.Request{Continue: parts}, time.Now())
	if err := c.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.result(); got.Runs != 0 || !slices.Equal(got.More, parts) {
		t.Errorf("got %+v", got)
	}
}

// TestSilentBucket: if a listing hangs, the invocation answers before Lambda stops it, with the remaining ranges.
func TestSilentBucket(t *testing.T) {
	w := newWorld(t, nil)
	w.store.Proxy.Inject(faultproxy.Fault{Match: isList, Do: faultproxy.Delay(time.Hour)})
	invocation, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	answer, err := w.Handle(invocation, []byte(`{}`))
	if err != nil || invocation.Err() != nil || len(answer.More) != 1 {
		t.Errorf("got %+v, error is %v, the invocation's %v", answer, err, invocation.Err())
	}
}
