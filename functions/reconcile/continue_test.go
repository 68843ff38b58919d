package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/reconciliation"
)

// TestContinue stops after moments, and continues: nothing is left out, however the
// parts were split.
func TestContinue(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it puts ten thousand objects")
	}
	w := newWorld(t, nil)
	const tasks = 300
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
		c.pace.Stop()
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

// TestSilentBucket: an invocation whose listing hangs answers before Lambda stops it, and with what is left.
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
