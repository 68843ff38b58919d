package tasktable_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

func request(t testing.TB, messageID string, after time.Duration, id string) announcement.Announcement {
	t.Helper()
	return announce(t, messageID, after, `{"metadata":{"id":"`+id+`","runtime":"sdruntime","tasktype":"text-to-image",`+
		`"prefix":"output","context":{"n":1}},"content":{}}`)
}

// TestRequest: a task is queued, waits, starts and ends; each step is one write.
func TestRequest(t *testing.T) {
	f := newFixture(t)
	f.Requests = true
	id := newID()
	f.record(t, request(t, "q", 0, id))
	task, err := f.Get(t.Context(), id)
	if err != nil || task.Status != announcement.Queued || !task.QueuedAt.Equal(noon) || task.Runtime != "sdruntime" ||
		task.TaskType != "text-to-image" || task.Prefix != "output" || string(task.Context) != `{"n":1}` {
		t.Errorf("got %+v, %v", task, err)
	}
	if wait, known := task.Wait(noon.Add(time.Minute)); !known || wait != time.Minute {
		t.Errorf("it waits for %v, known: %t", wait, known)
	}
	running := `{"id":"` + id + `","status":"running"}`
	if got := f.record(t, announce(t, "r", 5*time.Second, running)).Waited; got != 5*time.Second {
		t.Errorf("it waited for %v", got)
	}
	if got := f.record(t, announce(t, "r2", 9*time.Second, running)).Waited; got != 0 {
		t.Errorf("a second start says that it waited for %v", got)
	}
	f.record(t, announce(t, "c", 20*time.Second, `{"id":"`+id+`","result":true}`))
	if requests := f.requests.Requests(updates); len(requests) != 4 {
		t.Errorf("%d updates, want 4", len(requests))
	}
	task, err = f.Get(t.Context(), id)
	wait, known := task.Wait(noon.Add(time.Hour))
	if err != nil || !known || wait != 9*time.Second || task.TaskType != "text-to-image" {
		t.Errorf("got %+v, %v; it waited for %v", task, err, wait)
	}
}

// TestLongIDs: what a caller asks for with a long id has one item, whichever release of the guidance announces it.
func TestLongIDs(t *testing.T) {
	f := newFixture(t)
	f.Requests = true
	short := strings.Repeat("画", announcement.AnnouncedIDCharacters-8) + newID() + "......."
	short = announcement.AnnouncedID(short)
	for name, announced := range map[string]string{"OKFirst64Characters": short, "OKWholeID": short + "-more"} {
		t.Run(name, func(t *testing.T) {
			f.record(t, request(t, "q"+name, time.Second, short+"-more"))
			completed := announce(t, "c"+name, time.Minute, `{"id":"`+announced+`","result":true}`)
			f.record(t, completed)
			found, err := f.Batch(t.Context(), []string{announced, short + "-other"}, false)
			if err != nil || len(found) != 2 {
				t.Fatalf("got %v, %v", slices.Collect(maps.Keys(found)), err)
			}
			task := found[announced].Task
			if task.ID != short || task.Status != announcement.Completed || !task.QueuedAt.Equal(noon.Add(time.Second)) {
				t.Errorf("got %+v", task)
			}
		})
	}
}

func TestQueuedLongerThan(t *testing.T) {
	f := newFixture(t)
	for n, id := range []string{"a", "b", "c"} {
		f.record(t, request(t, "m", time.Duration(n)*time.Minute, id))
	}
	f.record(t, announce(t, "r", time.Hour, `{"id":"a","status":"running"}`))
	got := collect(t, f.QueuedLongerThan(t.Context(), 10*time.Minute, noon.Add(12*time.Minute)))
	if !slices.Equal(got, []string{"b"}) {
		t.Errorf("got %q", got)
	}
}

// requestSteps follow recordSteps.
func requestSteps(t *testing.T, id string) []recordStep {
	running := func(messageID string, seconds time.Duration) announcement.Announcement {
		return announce(t, messageID, seconds*time.Second, `{"id":"`+id+`","status":"running"}`)
	}
	completed := func(messageID string, seconds time.Duration) announcement.Announcement {
		return announce(t, messageID, seconds*time.Second, `{"id":"`+id+`","result":true,"image_url":["s3://b/k"]}`)
	}
	return []recordStep{
		{"ItsLateRequestIsKept", request(t, "q1", 19*time.Second, id), tasktable.RequestRecorded, 2, "completed", "0"},
		{"OlderRequestChangesNothing", request(t, "q0", 3*time.Second, id), tasktable.Stale, 1, "completed", "0"},
		{"IdIsAskedForAgain", request(t, "q2", 30*time.Second, id), tasktable.Recorded, 1, "queued", "absent"},
		{"ItsDuplicateChangesNothing", request(t, "q2", 30*time.Second, id), tasktable.Duplicate, 1, "queued", "absent"},
		{"LateStartOfTheLastRunIsKept", running("r3", 26), tasktable.StartRecorded, 2, "queued", "absent"},
		{"ItsDuplicateChangesNothing", running("r3", 26), tasktable.Stale, 1, "queued", "absent"},
		{"RunEndedBeforeTheRequest", completed("c4", 28), tasktable.Stale, 2, "queued", "absent"},
		{"AtEqualTimesRunningBeatsQueued", running("a", 30), tasktable.Recorded, 1, "running", "absent"},
		{"WhichCompletes", completed("c5", 31), tasktable.Recorded, 1, "completed", "1000"},
	}
}

// observeAsked writes what the task was asked for: the newest request says that, or without requests the newest
// announcement.
func observeAsked(want map[string]string, recorded []announcement.Announcement, requests bool) {
	for _, a := range recorded {
		if requests && a.Status != announcement.Queued {
			continue
		}
		if want["request"] = a.Request; a.Request == "" {
			delete(want, "request")
		}
	}
}
