package main

import (
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

const second = time.Second

// kindTest is what happened to one run.
type kindTest struct {
	settings func(*environment.Deliver)
	make     func(t *testing.T, w *world)
	request  reconciliation.Request
	want     reconciliation.Kind
	reason   string
	repaired int
	after    reconciliation.Kind // agreeing, unless it says otherwise
}

var kindTests = map[string]kindTest{
	"AgreeingEverythingThere": {
		make: func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 2), "record", "deliver") },
		want: reconciliation.Agreeing,
	},
	"MissingInTableNothingAnnounced": {
		make: func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 11) },
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"UndecidableRunOfSameSecondAnnounced": {
		make: func(t *testing.T, w *world) {
			other := w.end(t, 0, "t", "aaaa", 1)
			other.OutputURL, other.PublishedAt = "s3://elsewhere/t-bbbb.out", noon.Add(200*time.Millisecond)
			w.announce(t, other, "record")
		},
		want: reconciliation.Undecidable, reason: "another end in the same second", after: reconciliation.Undecidable,
	},
	"MissingInTableEndNotAnnounced": {
		make: func(t *testing.T, w *world) { w.start(t, -9*second, "t"); w.end(t, 0, "t", "aaaa", 1) },
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"MissingInTableFailureNotAnnounced": {
		make: func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 0) },
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"MissingInTableSuccessWithoutImagesNotAnnounced": {
		make: func(t *testing.T, w *world) {
			w.store.PutAt(t, noon, "source", "t/t-aaaa.out", `{"code": 200}`)
		},
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"MissingInTableLongOutput": {
		make: func(t *testing.T, w *world) { w.store.PutAt(t, noon, "source", "t/t-aaaa.out", outputOf(1<<20)) },
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"UndecidableTooLongOutput": {
		make: func(t *testing.T, w *world) { w.store.PutAt(t, noon, "source", "t/t-aaaa.out", outputOf(1<<20+1)) },
		want: reconciliation.Undecidable, reason: "does not say whether it failed", after: reconciliation.Undecidable,
	},
	"UndecidableOutcomeNobodyKnows": {
		make: func(t *testing.T, w *world) { w.store.PutAt(t, noon, "source", "t/t-aaaa.out", `{"code": 404}`) },
		want: reconciliation.Undecidable, reason: "does not say whether it failed", after: reconciliation.Undecidable,
	},
	"MissingImageRecordedNotDelivered": {
		make: func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 2), "record") },
		want: reconciliation.MissingImage, reason: "t/t-aaaa-1.png, t/t-aaaa-2.png", repaired: 1,
	},
	"MissingInTableDeliveredNotRecorded": {
		make: func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 2), "deliver") },
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"MissingImageDeliveredAndTableDoesNotKnow": {
		make: func(t *testing.T, w *world) {
			w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record")
			w.store.Put(t, "destination", "t/t-aaaa-1.png", "image t/t-aaaa-1.png")
		},
		want: reconciliation.MissingImage, reason: "the table does not show it", repaired: 1,
	},
	"RemovedDeliveredAndRemoved": {
		make: func(t *testing.T, w *world) {
			w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
			w.store.Delete(t, "destination", "t/t-aaaa-1.png")
		},
		want: reconciliation.Removed, after: reconciliation.Removed,
	},
	"RemovedDeliveredAndRemovedAndRestored": {
		make: func(t *testing.T, w *world) {
			w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record", "deliver")
			w.store.Delete(t, "destination", "t/t-aaaa-1.png")
		},
		request: reconciliation.Request{Restore: true},
		want:    reconciliation.Removed, repaired: 1,
	},
	"DifferentAnotherObjectDelivered": {
		make: func(t *testing.T, w *world) {
			w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record")
			w.store.Put(t, "destination", "t/t-aaaa-1.png", "another")
		},
		want:   reconciliation.Different,
		reason: "t/t-aaaa-1.png (7 bytes instead of 20)",
		after:  reconciliation.Different,
	},
	"UndecidableAnotherObjectOfSizeDelivered": {
		make: func(t *testing.T, w *world) {
			w.announce(t, w.end(t, 0, "t", "aaaa", 1), "record")
			w.store.Put(t, "destination", "t/t-aaaa-1.png", "image T/T-AAAA-1.PNG")
		},
		want: reconciliation.Undecidable, reason: "has the same size", after: reconciliation.Undecidable,
	},
	"WithoutObjectsAnnouncedImageDoesNotExist": {
		make: func(t *testing.T, w *world) {
			a := w.end(t, 0, "t", "aaaa", 2)
			w.announce(t, a, "record")
			w.store.Delete(t, "source", "t/t-aaaa-2.png")
			w.store.Put(t, "destination", "t/t-aaaa-1.png", "image t/t-aaaa-1.png")
		},
		want: reconciliation.WithoutObjects, reason: "t/t-aaaa-2.png", after: reconciliation.WithoutObjects,
	},
	"AgreeingAllDeliveredAndSourceRemoved": {
		make: func(t *testing.T, w *world) {
			w.announce(t, w.end(t, 0, "t", "aaaa", 3), "record", "deliver")
			w.store.Delete(t, "source", "t/t-aaaa-2.png")
		},
		want: reconciliation.Agreeing,
	},
	"AgreeingDeliveredBelowAnotherPrefix": {
		settings: func(d *environment.Deliver) { d.DeliveryPrefix = "new/" },
		make: func(t *testing.T, w *world) {
			a := w.end(t, 0, "t", "aaaa", 1)
			w.announce(t, a, "record")
			if _, err := w.Table.RecordDelivery(t.Context(), a, tasktable.Delivery{
				Status: tasktable.Delivered, URIs: []string{"s3://destination/old/t/t-aaaa-1.png"}, At: noon}); err != nil {
				t.Fatal(err)
			}
		},
		want: reconciliation.Agreeing,
	},
	"UndecidableImageLostBeforeAnythingAnnounced": {
		make: func(t *testing.T, w *world) {
			w.end(t, 0, "t", "aaaa", 3)
			w.store.Delete(t, "source", "t/t-aaaa-2.png")
		},
		want: reconciliation.Undecidable, reason: "has image 3, but not image 2", after: reconciliation.Undecidable,
	},
	"UndecidableNoRawOutput": {
		make: func(t *testing.T, w *world) {
			w.end(t, 0, "t", "aaaa", 1)
			w.store.Delete(t, "source", "t/t-aaaa.out")
		},
		want: reconciliation.Undecidable, reason: "it has no .out", after: reconciliation.Undecidable,
	},
	"UndecidableKeysMatchSeveralIds": {
		make: func(t *testing.T, w *world) { w.store.PutAt(t, noon, "source", "t/t/t/t-aaaa.out", `{"code": 200}`) },
		want: reconciliation.Undecidable, reason: "more than one task id", after: reconciliation.Undecidable,
	},
	"UndecidableStartInSameSecond": {
		make: func(t *testing.T, w *world) { w.end(t, 0, "t", "aaaa", 1); w.start(t, second/2, "t") },
		want: reconciliation.Undecidable, reason: "a start or another end", after: reconciliation.Undecidable,
	},
	"MissingImageRawOutputsDeliveredToo": {
		settings: func(d *environment.Deliver) { d.DeliverOutput = true },
		make:     func(t *testing.T, w *world) { w.announce(t, w.end(t, 0, "t", "aaaa", 0), "record") },
		want:     reconciliation.MissingImage, reason: "t/t-aaaa.out", repaired: 1,
	},
	"MissingInTableExtensionsFixed": {
		settings: func(d *environment.Deliver) { d.FixExtensions = true },
		make: func(t *testing.T, w *world) {
			w.store.PutAt(t, noon, "source", "t/t-aaaa-1None", "fLaC\x00\x00\x00\x22\x10\x00\x10\x00")
			w.store.PutAt(t, noon, "source", "t/t-aaaa.out", `{}`)
		},
		want: reconciliation.MissingInTable, repaired: 1,
	},
	"ExpiredOlderThanTableKeeps": {
		settings: func(d *environment.Deliver) { d.RetentionDays = 1 },
		make:     func(t *testing.T, w *world) { w.end(t, -time.Hour, "t", "aaaa", 1) },
		want:     reconciliation.Expired, after: reconciliation.Expired,
	},
}

// TestKinds compares one task's runs in a world, repairs it, and compares again.
func TestKinds(t *testing.T) {
	for name, test := range kindTests {
		t.Run(name, test.run)
	}
}

func (test kindTest) run(t *testing.T) {
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
}

// outputOf returns a raw output with a number of bytes.
func outputOf(size int) string {
	const beginning = `{"code": 200`
	return beginning + strings.Repeat(" ", size-len(beginning+"}")) + "}"
}
