package tasktable_test

import (
	"fmt"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// TestKnows records a history, and asks for the run that ended at noon with the
// output 0, whose announcement is reconstructed a millisecond before.
func TestKnows(t *testing.T) {
	f := newFixture(t)
	completed := func(run int, images string) string {
		return fmt.Sprintf(`"result":true,"image_url":[%s],"output_url":"s3://b/%d.out"`, images, run)
	}
	const failed = `"result":false,"output_url":"s3://b/%d.out"`
	const running = `"status":"running"`
	for name, test := range map[string]struct {
		history []announced
		failed  bool
		want    tasktable.Known
	}{
		"nothing":                    {nil, false, tasktable.Unknown},
		"its announcement":           {[]announced{{0, completed(0, `"i"`)}}, false, tasktable.Shown},
		"its failure":                {[]announced{{0, fmt.Sprintf(failed, 0)}}, true, tasktable.Shown},
		"its start":                  {[]announced{{-9000, running}}, false, tasktable.Unknown},
		"it, and a later start":      {[]announced{{0, completed(0, `"i"`)}, {5000, running}}, false, tasktable.Superseded},
		"a later start":              {[]announced{{5000, running}}, false, tasktable.Unknown},
		"a start in the same second": {[]announced{{500, running}}, false, tasktable.Undecided},
		"a rerun":                    {[]announced{{5000, completed(1, `"j"`)}}, false, tasktable.Unknown},
		"it, and a rerun": {
			[]announced{{0, completed(0, `"i"`)}, {5000, completed(1, `"j"`)}}, false, tasktable.Superseded,
		},
		"an earlier run":            {[]announced{{-5000, completed(1, `"j"`)}}, false, tasktable.Unknown},
		"a failure, then a success": {[]announced{{5000, completed(1, `"j"`)}}, true, tasktable.Superseded},
		"a failure, then a start":   {[]announced{{5000, running}}, true, tasktable.Unknown},
		"it, a failure, and a start": {
			[]announced{{0, fmt.Sprintf(failed, 0)}, {5000, running}}, true, tasktable.Superseded,
		},
		"images of an old release": {[]announced{{0, `"result":true,"image_url":["i"]`}}, false, tasktable.Shown},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID()
			for i, e := range test.history {
				f.record(t, announce(t, fmt.Sprint("m", i), e.at*time.Millisecond, `{"id":"`+id+`",`+e.message+`}`))
			}
			message := completed(0, `"i"`)
			if test.failed {
				message = fmt.Sprintf(failed, 0)
			}
			found, err := f.Batch(t.Context(), []string{id, "no such task"}, false)
			if err != nil || len(found) > 1 {
				t.Fatalf("got %v, %v", found, err)
			}
			lost := announce(t, "reconcile", -time.Millisecond, `{"id":"`+id+`",`+message+`,"source":"reconcile"}`)
			if got := found[id].Knows(lost, time.Second); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
			f.record(t, lost)
			if found, err = f.Batch(t.Context(), []string{id}, true); err != nil {
				t.Fatal(err)
			}
			if got := found[id].Knows(lost, time.Second); got == tasktable.Unknown {
				t.Error("once it is recorded, it is still unknown")
			}
		})
	}
}

type announced struct {
	at      time.Duration // milliseconds after noon
	message string
}

// TestRealAnnouncementWins, whenever it comes, and makes no rerun of it.
func TestRealAnnouncementWins(t *testing.T) {
	f := newFixture(t)
	for _, first := range []string{"real", "reconstructed"} {
		id := newID()
		const objects = `"result":true,"image_url":["i"],"output_url":"o"`
		real := announce(t, "m", 0, `{"id":"`+id+`",`+objects+`,"runtime":"sdruntime","context":{"n":1}}`)
		lost := announce(t, "reconcile-1", -time.Millisecond, `{"id":"`+id+`",`+objects+`,"source":"reconcile"}`)
		order := []announcement.Announcement{real, lost}
		if first != "real" {
			order = []announcement.Announcement{lost, real}
		}
		for _, a := range order {
			recording, err := f.Record(t.Context(), a)
			if err != nil || recording.Rerun {
				t.Errorf("got %+v, %v", recording, err)
			}
		}
		task, err := f.Get(t.Context(), id)
		if err != nil || task.Source != "" || task.Runtime != "sdruntime" || task.MessageID != "m" || task.Runs != 1 {
			t.Errorf("%s first: got %+v, %v", first, task, err)
		}
	}
}
