package main

import (
	"maps"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// TestKinds compares one task's runs in a world, repairs it, and compares again.
func TestKinds(t *testing.T) {
	const second = time.Second
	for name, test := range map[string]struct {
		settings func(*environment.Deliver)
		make     func(t *testing.T, w *world)
		request  reconciliation.Request
		want     reconciliation.Kind
		reason   string
		repaired int
		after    reconciliation.Kind // agreeing, unless it says otherwise
	}{
		"everything is there": {
			make: func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 2), "record", "deliver") },
			want: reconciliation.Agreeing,
		},
		"nothing was announced": {
			make: func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 11) },
			want: reconciliation.MissingInTable, repaired: 1,
		},
		"the end was not announced": {
			make: func(t *testing.T, w *world) { w.start(t, -9*second, "t"); w.end(t, 0, "t", "aaaa", 1) },
			want: reconciliation.MissingInTable, repaired: 1,
		},
		"a failure was not announced": {
			make: func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 0) },
			want: reconciliation.MissingInTable, repaired: 1,
		},
		"a success without images was not announced": {
			make: func(t *testing.T, w *world) {
				w.store.PutAt(t, noon, "source", "t/t-aaaa.out", `{"code": 200}`)
			},
			want: reconciliation.MissingInTable, repaired: 1,
		},
		"an outcome that nobody knows": {
			make: func(t *testing.T, w *world) { w.store.PutAt(t, noon, "source", "t/t-aaaa.out", `{"code": 404}`) },
			want: reconciliation.Undecidable, reason: "does not tell whether it failed", after: reconciliation.Undecidable,
		},
		"it was recorded, not delivered": {
			make: func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 2), "record") },
			want: reconciliation.MissingImage, reason: "t/t-aaaa-1.png, t/t-aaaa-2.png", repaired: 1,
		},
		"it was delivered, not recorded": {
			make: func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 2), "deliver") },
			want: reconciliation.MissingInTable, repaired: 1,
		},
		"it was delivered, and the table does not know": {
			make: func(t *testing.T, w *world) {
				w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record")
				w.store.Put(t, "destination", "t/t-aaaa-1.png", "image t/t-aaaa-1.png")
			},
			want: reconciliation.MissingImage, reason: "the table does not know", repaired: 1,
		},
		"it was delivered and removed": {
			make: func(t *testing.T, w *world) {
				w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
				w.store.Delete(t, "destination", "t/t-aaaa-1.png")
			},
			want: reconciliation.Removed, after: reconciliation.Removed,
		},
		"it was delivered and removed, and is restored": {
			make: func(t *testing.T, w *world) {
				w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
				w.store.Delete(t, "destination", "t/t-aaaa-1.png")
			},
			request: reconciliation.Request{Restore: true},
			want:    reconciliation.Removed, repaired: 1,
		},
		"another object was delivered": {
			make: func(t *testing.T, w *world) {
				w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record")
				w.store.Put(t, "destination", "t/t-aaaa-1.png", "another")
			},
			want: reconciliation.Different, reason: "t/t-aaaa-1.png (7 bytes instead of 20)", after: reconciliation.Different,
		},
		"another object of that size was delivered": {
			make: func(t *testing.T, w *world) {
				w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record")
				w.store.Put(t, "destination", "t/t-aaaa-1.png", "image T/T-AAAA-1.PNG")
			},
			want: reconciliation.Undecidable, reason: "in the same size", after: reconciliation.Undecidable,
		},
		"an announced image does not exist": {
			make: func(t *testing.T, w *world) {
				a := w.end(t, 0, "t", "aaaa", 2)
				w.announce(t, a, "record")
				w.store.Delete(t, "source", "t/t-aaaa-2.png")
				w.store.Put(t, "destination", "t/t-aaaa-1.png", "image t/t-aaaa-1.png")
			},
			want: reconciliation.WithoutObjects, reason: "t/t-aaaa-2.png", after: reconciliation.WithoutObjects,
		},
		"an image is lost before anything was announced": {
			make: func(t *testing.T, w *world) {
				w.end(t, 0, "t", "aaaa", 3)
				w.store.Delete(t, "source", "t/t-aaaa-2.png")
			},
			want: reconciliation.Undecidable, reason: "no image 2, but an image 3", after: reconciliation.Undecidable,
		},
		"no raw output": {
			make: func(t *testing.T, w *world) {
				w.end(t, 0, "t", "aaaa", 1)
				w.store.Delete(t, "source", "t/t-aaaa.out")
			},
			want: reconciliation.Undecidable, reason: "it has no .out", after: reconciliation.Undecidable,
		},
		"keys that allow several ids": {
			make: func(t *testing.T, w *world) { w.store.PutAt(t, noon, "source", "t/t/t/t-aaaa.out", `{"code": 200}`) },
			want: reconciliation.Undecidable, reason: "several task ids", after: reconciliation.Undecidable,
		},
		"a start in the same second": {
			make: func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 1); w.start(t, second/2, "t") },
			want: reconciliation.Undecidable, reason: "a start in the second", after: reconciliation.Undecidable,
		},
		"the runtime is in the prefix": {
			settings: func(d *environment.Deliver) { d.DeliveryPrefix = "{runtime}/" },
			make:     func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 1) },
			want:     reconciliation.MissingInTable, repaired: 1, after: reconciliation.Undecidable,
		},
		"the runtime is in the prefix and in the table": {
			settings: func(d *environment.Deliver) { d.DeliveryPrefix = "{runtime}/{task_id}/" },
			make:     func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record") },
			want:     reconciliation.MissingImage, repaired: 1,
		},
		"raw outputs are delivered too": {
			settings: func(d *environment.Deliver) { d.DeliverOutput = true },
			make:     func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 0), "record") },
			want:     reconciliation.MissingImage, reason: "t/t-aaaa.out", repaired: 1,
		},
		"extensions are fixed": {
			settings: func(d *environment.Deliver) { d.FixExtensions = true },
			make: func(t *testing.T, w *world) {
				w.store.PutAt(t, noon, "source", "t/t-aaaa-1None", "fLaC\x00\x00\x00\x22\x10\x00\x10\x00")
				w.store.PutAt(t, noon, "source", "t/t-aaaa.out", `{}`)
			},
			want: reconciliation.MissingInTable, repaired: 1,
		},
		"it is older than the table keeps": {
			settings: func(d *environment.Deliver) { d.RetentionDays = 1 },
			make:     func(t *testing.T, w *world) { w.end(t, -time.Hour, "t", "aaaa", 1) },
			want:     reconciliation.Expired, after: reconciliation.Expired,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.settings)
			test.make(t, w)
			look := w.reconcile(t, reconciliation.Request{})
			if look.Runs != 1 || look.Kinds[test.want] != 1 || look.Repaired != 0 {
				t.Fatalf("got %+v", look)
			}
			if len(look.Findings) > 0 && !strings.Contains(look.Findings[0].Reason, test.reason) {
				t.Errorf("the reason is %q", look.Findings[0].Reason)
			}
			test.request.Repair = true
			if repair := w.reconcile(t, test.request); repair.Repaired != test.repaired || repair.Failed != 0 {
				t.Errorf("repaired %+v", repair)
			}
			if test.after == "" {
				test.after = reconciliation.Agreeing
			}
			again := w.reconcile(t, test.request)
			if again.Kinds[test.after] != 1 || again.Repaired != 0 && !test.request.Restore || again.Failed != 0 {
				t.Errorf("the second time: %+v", again)
			}
		})
	}
}

// TestReconstructed looks at what a lost run becomes.
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
	if again := w.reconcile(t, reconciliation.Request{Repair: true}); again.Repaired != 0 || again.Kinds["agreeing"] != 2 {
		t.Errorf("got %+v", again)
	}
}

// TestReruns: of several lost runs of a task, all are made up for.
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

// TestPeriod: only the runs that ended in between are looked at, and no others'
// images.
func TestPeriod(t *testing.T) {
	w := newWorld(t, nil)
	for i, id := range []string{"a", "b", "c", "d"} {
		w.end(t, time.Duration(i)*time.Hour, id, "aaaa", 1)
	}
	for name, test := range map[string]struct {
		request reconciliation.Request
		runs    int
	}{
		"since":       {reconciliation.Request{Since: noon.Add(time.Hour)}, 3},
		"until":       {reconciliation.Request{Until: noon.Add(time.Hour)}, 1},
		"between":     {reconciliation.Request{Since: noon.Add(time.Hour), Until: noon.Add(3 * time.Hour)}, 2},
		"below":       {reconciliation.Request{Prefix: "b/"}, 1},
		"below part":  {reconciliation.Request{Prefix: "b/b-aa"}, 1},
		"below none":  {reconciliation.Request{Prefix: "bb"}, 0},
		"these":       {reconciliation.Request{Outputs: []string{"c/c-aaaa.out", "a/a-aaaa.out", "e/e-aaaa.out"}}, 2},
		"continued":   {reconciliation.Request{Continue: []reconciliation.Range{{After: "b/b-aaaa", To: "c/c-aaaa.out"}}}, 2},
		"nothing new": {reconciliation.Request{Since: noon.Add(4 * time.Hour)}, 0},
	} {
		if got := w.reconcile(t, test.request); got.Runs != test.runs || len(got.More) > 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	w.Handler.Now = func() time.Time { return noon.Add(3 * time.Hour) }
	if got := w.reconcile(t, reconciliation.Request{}); got.Runs != 2 {
		t.Errorf("what has just ended: got %+v", got)
	}
	if got := w.reconcile(t, reconciliation.Request{LastHours: 1}); got.Runs != 1 {
		t.Errorf("the last hour: got %+v", got)
	}
}

// TestAbsent: the run that the table shows is not in the bucket, but an earlier one
// is.
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
		if _, err := w.Handle(t.Context(), []byte(event)); err == nil || !strings.Contains(err.Error(), "invalid request") {
			t.Errorf("%s: %v", event, err)
		}
	}
	if requests := w.store.Proxy.Requests(nil); len(requests) > 0 {
		t.Errorf("%d requests", len(requests))
	}
}
