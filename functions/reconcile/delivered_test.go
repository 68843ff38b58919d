package main

import (
	"slices"
	"testing"
	"time"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/reconciliation"
)

// TestDelivered looks up copies in any order, and repeatedly.
func TestDelivered(t *testing.T) {
	w := newWorld(t, nil)
	for _, key := range []string{
		"a/a-aaaa", "b/b-aaaa-1.png", "b/b-aaaa.out", "b/b-aaaa0.out", "b/b-bbbb-1.png", "c/c-aaaa.out",
	} {
		w.store.Put(t, "destination", key, "")
	}
	d := newDelivered(newComparison(w.Handler, reconciliation.Request{}, time.Time{}).delivery)
	for _, test := range []struct {
		run  string
		want []string
	}{
		{"b/b-aaaa", []string{"b/b-aaaa-1.png", "b/b-aaaa.out"}},
		{"c/c-aaaa", []string{"c/c-aaaa.out"}},
		{"a/a-aaaa", nil},
		{"b/b-bbbb", []string{"b/b-bbbb-1.png"}},
		{"d/d-aaaa", nil},
		{"b/b-aaaa", []string{"b/b-aaaa-1.png", "b/b-aaaa.out"}},
	} {
		objects, err := d.under(t.Context(), test.run)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range objects {
			got = append(got, o.key)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("of run %s, got %q, want %q", test.run, got, test.want)
		}
	}
}

// TestAbsentOnce: the run that the table shows is reported once, however many other runs its task
// has, and only if it ended in the period.
func TestAbsentOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
	w.announce(t, w.end(t, time.Minute, "t", "bbbb", 1), "record", "deliver")
	w.announce(t, w.end(t, time.Hour, "t", "cccc", 1), "record", "deliver")
	w.store.Delete(t, "source", "t/t-cccc-1.png")
	w.store.Delete(t, "source", "t/t-cccc.out")
	for want, request := range map[int]reconciliation.Request{1: {}, 0: {Until: noon.Add(30 * time.Minute)}} {
		got := w.reconcile(t, request)
		if got.Kinds[reconciliation.WithoutObjects] != want || got.Kinds[reconciliation.Agreeing] != 2 {
			t.Errorf("%+v: got %+v", request, got)
		}
	}
}

// TestLostRuntime: a lost run is not delivered below a prefix that needs its runtime.
func TestLostRuntime(t *testing.T) {
	w := newWorld(t, func(d *environment.Deliver) { d.DeliveryPrefix = "{runtime}/" })
	w.end(t, 0, "t", "aaaa", 1)
	if got := w.reconcile(t, reconciliation.Request{Repair: true}); got.Repaired != 1 {
		t.Errorf("got %+v", got)
	}
	if got := w.task(t, "t").DeliveryStatus; got != "" {
		t.Errorf("its delivery is %q", got)
	}
}
