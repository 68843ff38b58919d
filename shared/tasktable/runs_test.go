package tasktable_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// TestRerun: a completion with other objects than those known is a rerun, once,
// whatever was announced in between and whichever comes first.
func TestRerun(t *testing.T) {
	const id = "x" // in each history's own table
	completed := func(run string) string {
		return `{"id":"` + id + `","result":true,"image_url":["s3://b/` + run + `.png"],` +
			`"output_url":"s3://b/` + run + `.out"}`
	}
	type step struct {
		messageID string
		at        time.Duration
		message   string
		rerun     bool
	}
	for name, steps := range map[string][]step{
		"FirstRunIsNone":      {{"m1", 1, completed("a"), false}},
		"RedeliveryIsNone":    {{"m1", 1, completed("a"), false}, {"m1", 1, completed("a"), false}},
		"AnotherMessageForIt": {{"m1", 1, completed("a"), false}, {"m2", 2, completed("a"), false}},
		"OtherObjectsAreOne":  {{"m1", 1, completed("a"), false}, {"m2", 2, completed("b"), true}},
		"AndNoneWhenRedelivered": {{"m1", 1, completed("a"), false}, {"m2", 2, completed("b"), true},
			{"m1", 1, completed("a"), false}, {"m2", 2, completed("b"), false}},
		"OlderOneComesLast": {{"m2", 2, completed("b"), false}, {"m1", 1, completed("a"), true},
			{"m1", 1, completed("a"), false}},
		"ItIsAnnouncedAsRunningFirst": {{"m1", 1, completed("a"), false},
			{"m2", 2, `{"id":"` + id + `","status":"running"}`, false}, {"m3", 3, completed("b"), true}},
		"CompletionLateWhileItRuns": {{"m2", 2, `{"id":"` + id + `","status":"running"}`, false},
			{"m1", 1, completed("a"), false}, {"m3", 3, completed("b"), true}},
		"FailureIsNone": {{"m1", 1, completed("a"), false}, {"m2", 2, `{"id":"` + id + `","result":false}`, false}},
		"WithoutImages": {{"m1", 1, `{"id":"` + id + `","result":true,"output_url":"s3://b/a.out"}`, false},
			{"m2", 2, `{"id":"` + id + `","result":true,"output_url":"s3://b/b.out"}`, true}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for i, s := range steps {
				a := announce(t, s.messageID, s.at*time.Second, s.message)
				if got := f.record(t, a).Rerun; got != s.rerun {
					t.Errorf("step %d: rerun is %t", i, got)
				}
			}
		})
	}
}

// TestFirstStart: a task that is started again and again has been running since
// its first start, and a late end leaves only the starts after it.
func TestFirstStart(t *testing.T) {
	f := newFixture(t)
	id := newID()
	start := func(minute time.Duration) {
		f.record(t, announce(t, fmt.Sprint("r", int(minute)), minute*time.Minute, `{"id":"`+id+`","status":"running"}`))
	}
	end := func(minute time.Duration) {
		f.record(t, announce(t, fmt.Sprint("f", int(minute)), minute*time.Minute, `{"id":"`+id+`","result":false}`))
	}
	want := func(step string, first time.Time) {
		t.Helper()
		task, err := f.Get(t.Context(), id)
		if err != nil || !task.FirstStartedAt.Equal(first) {
			t.Errorf("%s: the first start is %s, want %s, %v", step, task.FirstStartedAt, first, err)
		}
	}
	start(2)
	start(10)
	want("started again", noon.Add(2*time.Minute))
	start(1)
	want("an earlier start comes late", noon.Add(time.Minute))
	start(6)
	end(5)
	want("an end comes late", noon.Add(6*time.Minute))
	start(4)
	want("a start before that end", noon.Add(6*time.Minute))
	end(20)
	want("ended", time.Time{})
	start(30)
	want("and started again", noon.Add(30*time.Minute))
}

// TestManyRuns: the sets are bounded, and a task that exceeds them is recorded
// all the same.
func TestManyRuns(t *testing.T) {
	f := newFixture(t)
	const runs = 70
	t.Run("OKStarts", func(t *testing.T) {
		id := newID()
		for n := range runs {
			f.record(t, announce(t, fmt.Sprint("m", n), time.Duration(n)*time.Second, `{"id":"`+id+`","status":"running"}`))
		}
		task, err := f.Get(t.Context(), id)
		if err != nil || !task.FirstStartedAt.Equal(noon.Add((runs-64)*time.Second)) ||
			!task.StartedAt.Equal(noon.Add((runs-1)*time.Second)) {
			t.Errorf("got %+v, %v", task, err)
		}
		f.record(t, announce(t, "late", 68500*time.Millisecond, `{"id":"`+id+`","result":false}`))
		if task, err = f.Get(t.Context(), id); err != nil || !task.FirstStartedAt.Equal(noon.Add(69*time.Second)) {
			t.Errorf("after a late end, the first start is %s, %v", task.FirstStartedAt, err)
		}
	})
	t.Run("OKCompletions", func(t *testing.T) {
		id := newID()
		for n := range runs {
			a := announce(t, fmt.Sprint("m", n), time.Duration(n)*time.Second,
				fmt.Sprintf(`{"id":%q,"result":true,"image_url":["s3://b/%d"]}`, id, n))
			if got := f.record(t, a); got.Outcome != tasktable.Recorded || got.Rerun != (n > 0) {
				t.Errorf("completion %d: %+v", n, got)
			}
		}
		if task, err := f.Get(t.Context(), id); err != nil || task.Runs != 64 || task.ImageURLs[0] != "s3://b/69" {
			t.Errorf("got %+v, %v", task, err)
		}
	})
}

// TestManyStartsInAnyOrder: of more starts than an item keeps, the newest are kept, whatever came first.
func TestManyStartsInAnyOrder(t *testing.T) {
	f := newFixture(t)
	random := rand.New(rand.NewPCG(7, 7))
	const starts = 70
	for _, test := range []struct {
		end, want time.Duration // in seconds; no end if it is negative
	}{{-1, starts - 64}, {3, starts - 64}, {starts - 5, starts - 4}} {
		for range 3 {
			id := newID()
			var all []announcement.Announcement
			for n := range starts {
				at := time.Duration(n) * time.Second
				all = append(all, announce(t, fmt.Sprint("m", n), at, `{"id":"`+id+`","status":"running"}`))
			}
			if test.end >= 0 {
				all = append(all, announce(t, "end", test.end*time.Second+time.Millisecond, `{"id":"`+id+`","result":false}`))
			}
			all = append(all, all[:5]...)
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			for _, a := range all {
				f.record(t, a)
			}
			task, err := f.Get(t.Context(), id)
			if err != nil || !task.FirstStartedAt.Equal(noon.Add(test.want*time.Second)) {
				t.Errorf("with an end after %d, the first start is %v, %v", test.end, task.FirstStartedAt.Sub(noon), err)
			}
		}
	}
}

// TestErrorIsAddedLater: the error report may be readable only when the failure
// is recorded already.
func TestErrorIsAddedLater(t *testing.T) {
	f := newFixture(t)
	id := newID()
	failed := announce(t, "m1", 0, `{"id":"`+id+`","result":false}`)
	f.record(t, failed)
	failed.Error = "a reason"
	if got := f.record(t, failed); got.Outcome != tasktable.Duplicate {
		t.Errorf("outcome is %s", got.Outcome)
	}
	if task, err := f.Get(t.Context(), id); err != nil || task.Error != "a reason" {
		t.Errorf("the error is %q, %v", task.Error, err)
	}
	f.requests.Reset()
	if f.record(t, failed); len(f.requests.Requests(nil)) != 1 {
		t.Error("the reason is written twice")
	}
	f.record(t, announce(t, "m2", time.Second, `{"id":"`+id+`","status":"running"}`))
	f.record(t, failed)
	if task, err := f.Get(t.Context(), id); err != nil || task.Error != "" || task.Status != announcement.Running {
		t.Errorf("a newer run shows the error %q, %v", task.Error, err)
	}
}
