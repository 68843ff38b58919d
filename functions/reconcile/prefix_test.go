package main

import (
	"slices"
	"testing"
	"time"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/reconciliation"
)

// below delivers below a prefix.
func below(prefix string) func(*environment.Deliver) {
	return func(d *environment.Deliver) { d.DeliveryPrefix = prefix }
}

// prefixTests are runs whose delivery prefix depends on the announcement.
var prefixTests = map[string]kindTest{
	"MissingInTableRuntimeInPrefix": {
		settings: below("{runtime}/"),
		make:     func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 1) },
		want:     reconciliation.MissingInTable, repaired: 1, after: reconciliation.Undecidable,
	},
	"MissingImageRuntimeInPrefixAndInTable": {
		settings: below("{runtime}/{task_id}/"),
		make:     func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record") },
		want:     reconciliation.MissingImage, repaired: 1,
	},
	"MissingInTableContextInPrefix": {
		settings: below("{context.user}/"),
		make:     func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 1) },
		want:     reconciliation.MissingInTable, repaired: 1, after: reconciliation.Undecidable,
	},
	"MissingImageContextInPrefixAndInTable": {
		settings: below("{context.user}/"),
		make: func(t *testing.T, w *world) {
			a := w.end(t, 0, "t", "aaaa", 1)
			a.Context = []byte(`{"user":"ann"}`)
			w.announce(t, a, "record")
		},
		want: reconciliation.MissingImage, repaired: 1,
	},
	"MissingImageContextInPrefixAndNoneSent": {
		settings: below("{context.user}/"),
		make:     func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record") },
		want:     reconciliation.MissingImage, repaired: 1,
	},
	"MissingInTableDateInPrefix": {
		settings: below("{date}/"),
		make:     func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 1) },
		want:     reconciliation.MissingInTable, repaired: 1,
	},
	"MissingImageDateInPrefixAndInTable": {
		settings: below("{date}/"),
		make: func(t *testing.T, w *world) {
			// Published on the day after its raw output.
			w.announce(t, w.end(t, 12*time.Hour-second, "t", "aaaa", 1), "record")
		},
		request: reconciliation.Request{Until: now}, want: reconciliation.MissingImage, repaired: 1,
	},
}

func TestPrefixes(t *testing.T) {
	for name, test := range prefixTests {
		t.Run(name, test.run)
	}
}

// TestPrefixOfTheTable: the copies of a recorded run are where deliver puts them.
func TestPrefixOfTheTable(t *testing.T) {
	w := newWorld(t, below("{context.user}/{date}/"))
	a := w.end(t, 12*time.Hour-second, "t", "aaaa", 1)
	a.Context = []byte(`{"user":"ann","n":1}`)
	w.announce(t, a, "record")
	if got := w.reconcile(t, reconciliation.Request{Repair: true, Until: now}); got.Repaired != 1 {
		t.Errorf("got %+v", got)
	}
	want := []string{"s3://destination/ann/2026-11-24/t/t-aaaa-1.png"}
	if got := w.task(t, "t").Delivered; !slices.Equal(got, want) {
		t.Errorf("delivered are %q", got)
	}
}

// TestDateOfAnEarlierRun: the table doesn't say whether the run was announced before or after midnight.
func TestDateOfAnEarlierRun(t *testing.T) {
	for name, test := range map[string]struct {
		at   time.Duration
		want reconciliation.Kind
	}{
		"OK":              {0, reconciliation.Agreeing},
		"ErrNearMidnight": {12*time.Hour - second, reconciliation.Undecidable},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, below("{date}/"))
			w.announce(t, w.end(t, test.at, "t", "aaaa", 1), "record", "deliver")
			w.announce(t, w.end(t, test.at+time.Hour, "t", "bbbb", 1), "record", "deliver")
			got := w.reconcile(t, reconciliation.Request{Until: now.Add(time.Hour)})
			if got.Runs != 2 || got.Kinds[test.want] == 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}
