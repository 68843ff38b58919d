package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// TestReconstructed: the item of a lost run has what its objects show.
func TestReconstructed(t *testing.T) {
	w := newWorld(t, nil)
	w.start(t, -9*time.Second, "t")
	lost := w.end(t, 0, "t", "aaaa", 11)
	w.end(t, 0, "f", "bbbb", 0)
	w.reconcile(t, reconciliation.Request{Repair: true})
	check := func(source string) {
		t.Helper()
		got := w.task(t, "t")
		if got.Status != announcement.Completed || got.Source != source || strings.Join(got.ImageURLs, " ") !=
			strings.Join(lost.ImageURLs, " ") || got.OutputURL != lost.OutputURL || got.Runs != 1 ||
			got.DeliveryStatus != tasktable.Delivered || len(got.Delivered) != 11 || got.StartedAt.IsZero() {
			t.Errorf("got %+v", got)
		}
	}
	check("reconcile")
	if at := w.task(t, "t").FinishedAt; !at.Equal(noon.Add(-time.Millisecond)) {
		t.Errorf("it finished at %v", at)
	}
	if got := w.task(t, "f"); got.Status != announcement.Failed || got.Error != "it broke" {
		t.Errorf("got %+v", got)
	}
	w.announce(t, lost, "deliver", "record")
	check("")
	if again := w.reconcile(
		t,
		reconciliation.Request{Repair: true},
	); again.Repaired != 0 ||
		again.Kinds["agreeing"] != 2 {
		t.Errorf("got %+v", again)
	}
}

// TestReruns: reconcile repairs all lost runs of a task.
func TestReruns(t *testing.T) {
	w := newWorld(t, nil)
	w.end(t, 0, "t", "cccc", 1)
	w.announce(t, w.end(t, time.Minute, "t", "aaaa", 1), "record", "deliver")
	w.end(t, 2*time.Minute, "t", "bbbb", 1)
	w.start(t, 3*time.Minute, "t")
	w.reconcile(t, reconciliation.Request{Repair: true})
	if got := w.task(t, "t"); got.Runs != 3 || got.Status != announcement.Running {
		t.Errorf("got %+v", got)
	}
	for _, key := range []string{"t/t-aaaa-1.png", "t/t-bbbb-1.png", "t/t-cccc-1.png"} {
		if got := w.store.Get(t, "destination", key); got != "image "+key {
			t.Errorf("%s is %q", key, got)
		}
	}
	want := map[reconciliation.Kind]int{"agreeing": 3}
	if again := w.reconcile(t, reconciliation.Request{Repair: true}); !maps.Equal(again.Kinds, want) {
		t.Errorf("got %+v", again)
	}
}

// TestEarlierRunRemoved: nobody knows whether an earlier run's copy was removed or
// never delivered.
func TestEarlierRunRemoved(t *testing.T) {
	w := newWorld(t, nil)
	w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
	w.announce(t, w.end(t, time.Minute, "t", "bbbb", 1), "record", "deliver")
	w.store.Delete(t, "destination", "t/t-aaaa-1.png")
	for _, restore := range []bool{false, true} {
		got := w.reconcile(t, reconciliation.Request{Repair: true, Restore: restore})
		if got.Kinds[reconciliation.Undecidable] != 1 || (got.Repaired == 1) != restore {
			t.Errorf("got %+v", got)
		}
	}
	if got := w.store.Get(t, "destination", "t/t-aaaa-1.png"); got != "image t/t-aaaa-1.png" {
		t.Errorf("restored is %q", got)
	}
}

// TestPeriod: reconcile compares only the runs that ended in the period.
func TestPeriod(t *testing.T) {
	w := newWorld(t, nil)
	for i, id := range []string{"a", "b", "c", "d"} {
		w.end(t, time.Duration(i)*time.Hour, id, "aaaa", 1)
	}
	for name, test := range map[string]struct {
		request reconciliation.Request
		runs    int
	}{
		"OKSince":     {reconciliation.Request{Since: noon.Add(time.Hour)}, 3},
		"OKUntil":     {reconciliation.Request{Until: noon.Add(time.Hour)}, 1},
		"OKBetween":   {reconciliation.Request{Since: noon.Add(time.Hour), Until: noon.Add(3 * time.Hour)}, 2},
		"OKBelow":     {reconciliation.Request{Prefix: "b/"}, 1},
		"OKBelowPart": {reconciliation.Request{Prefix: "b/b-aa"}, 1},
		"OKBelowNone": {reconciliation.Request{Prefix: "bb"}, 0},
		"OKThese":     {reconciliation.Request{Outputs: []string{"c/c-aaaa.out", "a/a-aaaa.out", "e/e-aaaa.out"}}, 2},
		"OKContinued": {reconciliation.Request{Continue: []reconciliation.Range{{After: "b/b-aaaa", To: "c/c-aaaa.out"}}},
			2},
		"OKNothingNew": {reconciliation.Request{Since: noon.Add(4 * time.Hour)}, 0},
	} {
		if got := w.reconcile(t, test.request); got.Runs != test.runs || len(got.More) > 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestPending: runs of the last hour are counted and left alone, unless Until asks for them or they agree.
func TestPending(t *testing.T) {
	w := newWorld(t, nil)
	for i, id := range []string{"a", "b", "c", "d"} {
		w.end(t, time.Duration(i)*time.Hour, id, "aaaa", 1)
	}
	later := noon.Add(3 * time.Hour)
	w.Handler.Now = func() time.Time { return later }
	w.announce(t, w.end(t, 3*time.Hour, "e", "aaaa", 1), "record", "deliver")
	for _, step := range []struct {
		name                              string
		request                           reconciliation.Request
		missing, pending, agree, repaired int
	}{
		{"look", reconciliation.Request{}, 2, 2, 1, 0},
		{"schedule", reconciliation.Request{LastHours: 1}, 1, 2, 1, 0},
		{"repair", reconciliation.Request{Repair: true}, 2, 2, 1, 2},
		{"until now", reconciliation.Request{Repair: true, Until: later.Add(time.Second)}, 2, 0, 3, 2},
		{"again", reconciliation.Request{Repair: true}, 0, 0, 5, 0},
	} {
		got := w.reconcile(t, step.request)
		if got.Kinds[reconciliation.MissingInTable] != step.missing || got.Kinds[reconciliation.Pending] != step.pending ||
			got.Kinds[reconciliation.Agreeing] != step.agree || got.Repaired != step.repaired ||
			len(got.Findings) != step.missing {
			t.Errorf("%s: got %+v", step.name, got)
		}
	}
}

// TestAbsent: the bucket doesn't have the run that the table shows, but has an earlier
// run.
func TestAbsent(t *testing.T) {
	w := newWorld(t, nil)
	w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
	a := w.end(t, time.Minute, "t", "bbbb", 1)
	w.announce(t, a, "record", "deliver")
	w.store.Delete(t, "source", "t/t-bbbb-1.png")
	w.store.Delete(t, "source", "t/t-bbbb.out")
	got := w.reconcile(t, reconciliation.Request{Repair: true})
	if got.Kinds[reconciliation.WithoutObjects] != 1 || got.Kinds[reconciliation.Agreeing] != 1 ||
		got.Findings[0].Run != "t/t-bbbb" {
		t.Errorf("got %+v", got)
	}
}

func TestInvalidRequests(t *testing.T) {
	w := newWorld(t, nil)
	for _, event := range []string{`{"restore":true}`, `{"repiar":true}`, `[]`, `{"ratePerSecond":-1}`, `{"lastHours":-1}`,
		`{"since":"2026-11-23T00:00:00Z","until":"2026-11-22T00:00:00Z"}`, `{"outputs":["a"],"prefix":"b"}`,
		`{"since":"2026-11-23T00:00:00Z","lastHours":2}`, `{"since":"yesterday"}`} {
		if _, err := w.Handle(
			t.Context(),
			[]byte(event),
		); err == nil ||
			!strings.Contains(err.Error(), "invalid request") {
			t.Errorf("%s: %v", event, err)
		}
	}
	if requests := w.store.Proxy.Requests(nil); len(requests) > 0 {
		t.Errorf("%d requests", len(requests))
	}
}
