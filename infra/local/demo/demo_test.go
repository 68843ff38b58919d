package demo

import (
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// expected is the observation that a working stack yields after the tasks.
func expected(tasks []task) observation {
	o := observation{items: map[string]tasktable.Task{}, objects: map[string][]byte{}}
	for _, t := range tasks {
		if t.wantStatus != "" {
			o.items[t.id] = tasktable.Task{
				Status: announcement.Status(t.wantStatus), Error: t.wantError,
				Caller: t.request().Caller, Request: []byte(t.request().Request),
				DeliveryStatus: tasktable.DeliveryStatus(t.wantDelivery), Delivered: make([]string, t.wantDelivered),
			}
		}
		for _, key := range t.images {
			o.objects[key] = drawn(key)
		}
		if t.wantEvent() != "" {
			o.events = append(o.events, taskevent.Event{TaskID: t.id, Kind: t.wantEvent()})
		}
		for queue, n := range t.wantLetters {
			for range n {
				o.letters = append(o.letters, letter{queue: queue})
			}
		}
	}
	return o
}

// spoil changes the item of the task sunset.
func spoil(change func(*tasktable.Task)) func(observation) {
	return func(o observation) {
		item := o.items["sunset"]
		change(&item)
		o.items["sunset"] = item
	}
}

func TestCheck(t *testing.T) {
	tasks := scenario("bucket")
	t.Run("OK", func(t *testing.T) {
		if problems := check(tasks, expected(tasks)); len(problems) != 0 {
			t.Errorf("got %v", problems)
		}
	})
	t.Run("OKMended", func(t *testing.T) {
		mended := mend(tasks)
		if problems := check(mended, expected(mended)); len(problems) != 0 {
			t.Errorf("got %v", problems)
		}
		if problems := check(mended, expected(tasks)); len(problems) == 0 {
			t.Error("tasks that are not mended pass the check of mended ones")
		}
	})
	key := tasks[0].images[0]
	for name, test := range map[string]struct {
		spoil func(observation)
		want  []string
	}{
		"ErrEvent": {func(o observation) { o.events[0].TaskID = "other" },
			[]string{"task sunset: there is no event delivered"}},
		"ErrStatus": {spoil(func(t *tasktable.Task) { t.Status = announcement.Running }),
			[]string{`task sunset: status is "running", not "completed"`}},
		"ErrCaller": {spoil(func(t *tasktable.Task) { t.Caller = "other" }),
			[]string{`task sunset: caller "other" asked for {`}},
		"ErrDelivery": {spoil(func(t *tasktable.Task) { t.DeliveryStatus = "" }),
			[]string{`task sunset: delivery_status is "", not "delivered"`}},
		"ErrDelivered": {spoil(func(t *tasktable.Task) { t.Delivered = nil }),
			[]string{"task sunset: 0 objects are delivered, not 2"}},
		"ErrObjectGone": {func(o observation) { delete(o.objects, key) },
			[]string{"image " + key + " in the delivery bucket is missing or differs", "the delivery bucket holds"}},
		"ErrObjectChanged": {func(o observation) { o.objects[key] = []byte("other") },
			[]string{"image " + key + " in the delivery bucket is missing or differs"}},
		"ErrObjectTooMany": {func(o observation) { o.objects["other"] = nil }, []string{"the delivery bucket holds"}},
		"ErrItemTooMany":   {func(o observation) { o.items["other"] = tasktable.Task{} }, []string{"11 items, not 10"}},
		"ErrLetters":       {func(o observation) { o.letters[0].queue = "other" }, []string{"the dead-letter queues hold"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := expected(tasks)
			test.spoil(o)
			problems := check(tasks, o)
			if len(problems) != len(test.want) {
				t.Fatalf("got %v, want %v", problems, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(problems[i].Error(), want) {
					t.Errorf("problem %q does not say %q", problems[i], want)
				}
			}
		})
	}
}

// TestScenarioAnnounces reads the scenario's messages as the functions do: only
// those that must end as dead letters may be refused.
func TestScenarioAnnounces(t *testing.T) {
	for _, task := range scenario("bucket") {
		for _, m := range task.messages {
			a, err := parse(m)
			if refused := task.wantLetters[recordQueue] > 0; (err != nil) != refused {
				t.Errorf("task %s: %v", task.id, err)
			}
			if err == nil && a.TaskID != task.id {
				t.Errorf("task %s announces %s", task.id, a.TaskID)
			}
		}
	}
}

func parse(m message) (announcement.Announcement, error) {
	if m.runtime != "" {
		request, err := announcement.ParseRequest([]byte(m.body))
		return request.Task, err
	}
	return announcement.Parse([]byte(m.body))
}

func TestClock(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 34, 56, 789e6, time.UTC)
	for at, want := range map[time.Time]string{at: "12:34:56.789", {}: ""} {
		if got := clock(at); got != want {
			t.Errorf("%v is %q, want %q", at, got, want)
		}
	}
}
