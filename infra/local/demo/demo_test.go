package demo

import (
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// expected is the observation that a working stack yields after the tasks.
func expected(tasks []task) observation {
	o := observation{items: map[string]tasktable.Task{}, letters: map[string]int{}, events: map[event]bool{}}
	for _, t := range tasks {
		if t.wantStatus != "" {
			o.items[t.id] = tasktable.Task{
				Status: announcement.Status(t.wantStatus), Error: t.wantError,
				DeliveryStatus: tasktable.DeliveryStatus(t.wantDelivery), Delivered: t.images,
			}
		}
		if t.wantLetter != "" {
			o.letters[t.wantLetter]++
		}
		o.events[event{t.id, t.wantEvent()}] = true
	}
	return o
}

// spoil changes the item of the task sunset.
func spoil(change func(*tasktable.Task)) func(*observation) {
	return func(o *observation) {
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
	for name, test := range map[string]struct {
		spoil func(*observation)
		want  []string
	}{
		"ErrStatus": {spoil(func(t *tasktable.Task) { t.Status = announcement.Running }),
			[]string{`task sunset: status is "running", not "completed"`}},
		"ErrError": {spoil(func(t *tasktable.Task) { t.Error = "other" }),
			[]string{`task sunset: error is "other", not ""`}},
		"ErrDelivery": {spoil(func(t *tasktable.Task) { t.DeliveryStatus = "" }),
			[]string{`task sunset: delivery_status is "", not "delivered"`}},
		"ErrDelivered": {spoil(func(t *tasktable.Task) { t.Delivered = nil }),
			[]string{"task sunset: 0 images are delivered, not 2"}},
		"ErrEvent": {func(o *observation) { delete(o.events, event{"poster", "task_failed"}) },
			[]string{"task poster: there is no event task_failed"}},
		"ErrLetters": {func(o *observation) { o.letters[recordQueue]++ }, []string{"the dead-letter queues hold"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := expected(tasks)
			test.spoil(&o)
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

// TestScenarioAnnounces parses the scenario's messages as the functions do: only
// those that must become dead letters are invalid.
func TestScenarioAnnounces(t *testing.T) {
	for _, task := range scenario("bucket") {
		for _, m := range task.messages {
			a, err := parse(m)
			if refused := task.wantLetter == recordQueue; (err != nil) != refused {
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
