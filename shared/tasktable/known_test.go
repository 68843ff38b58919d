package tasktable_test

import (
	"fmt"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

const (
	failure = `"result":false,"output_url":"s3://b/%d.out"`
	started = `"status":"running"`
)

func success(run int, images string) string {
	return fmt.Sprintf(`"result":true,"image_url":[%s],"output_url":"s3://b/%d.out"`, images, run)
}

// knowsTests are histories, and what the item then says about the run that ended at noon with the output 0.
var knowsTests = map[string]struct {
	history []announced
	failed  bool
	want    tasktable.Known
}{
	"Nothing":              {nil, false, tasktable.Unknown},
	"ItsAnnouncement":      {[]announced{{0, success(0, `"i"`)}}, false, tasktable.Shown},
	"ItsFailure":           {[]announced{{0, fmt.Sprintf(failure, 0)}}, true, tasktable.Shown},
	"ItsStart":             {[]announced{{-9000, started}}, false, tasktable.Unknown},
	"ItAndALaterStart":     {[]announced{{0, success(0, `"i"`)}, {5000, started}}, false, tasktable.Superseded},
	"LaterStart":           {[]announced{{5000, started}}, false, tasktable.Unknown},
	"StartInTheSameSecond": {[]announced{{500, started}}, false, tasktable.Undecided},
	"Rerun":                {[]announced{{5000, success(1, `"j"`)}}, false, tasktable.Unknown},
	"RerunInTheSameSecond": {[]announced{{500, success(1, `"j"`)}}, false, tasktable.Undecided},
	"FailureInTheSameSecond": {
		[]announced{{500, fmt.Sprintf(failure, 1)}}, false, tasktable.Undecided,
	},
	"TwoFailuresInTheSameSecond": {
		[]announced{{500, fmt.Sprintf(failure, 1)}}, true, tasktable.Undecided,
	},
	"ItAndARerunInTheSameSecond": {
		[]announced{{0, success(0, `"i"`)}, {500, success(1, `"j"`)}}, false, tasktable.Superseded,
	},
	"ItAndARerun": {
		[]announced{{0, success(0, `"i"`)}, {5000, success(1, `"j"`)}}, false, tasktable.Superseded,
	},
	"EarlierRun":          {[]announced{{-5000, success(1, `"j"`)}}, false, tasktable.Unknown},
	"FailureThenASuccess": {[]announced{{5000, success(1, `"j"`)}}, true, tasktable.Superseded},
	"FailureThenAStart":   {[]announced{{5000, started}}, true, tasktable.Unknown},
	"ItAFailureAndAStart": {
		[]announced{{0, fmt.Sprintf(failure, 0)}, {5000, started}}, true, tasktable.Superseded,
	},
	"ImagesOfAnOldRelease": {[]announced{{0, `"result":true,"image_url":["i"]`}}, false, tasktable.Shown},
}

// TestKnows records a history, and asks for the run, whose announcement is reconstructed a millisecond before noon.
func TestKnows(t *testing.T) {
	f := newFixture(t)
	for name, test := range knowsTests {
		t.Run(name, func(t *testing.T) {
			id := newID()
			for i, e := range test.history {
				f.record(t, announce(t, fmt.Sprint("m", i), e.at*time.Millisecond, `{"id":"`+id+`",`+e.message+`}`))
			}
			message := success(0, `"i"`)
			if test.failed {
				message = fmt.Sprintf(failure, 0)
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

// TestRealAnnouncementWins: the guidance's announcement wins, whenever it comes, and doesn't count as a rerun.
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
