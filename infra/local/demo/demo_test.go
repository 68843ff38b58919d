package demo

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/taskevent"
)

// expected is the observation that a working stack yields after the tasks.
func expected(tasks []task) observation {
	o := observation{items: map[string]map[string]types.AttributeValue{}, objects: map[string][]byte{}}
	for _, t := range tasks {
		if t.wantStatus != "" {
			o.items[t.id] = map[string]types.AttributeValue{
				"status":          &types.AttributeValueMemberS{Value: t.wantStatus},
				"error":           &types.AttributeValueMemberS{Value: t.wantError},
				"delivery_status": &types.AttributeValueMemberS{Value: t.wantDelivery},
				"delivered":       &types.AttributeValueMemberL{Value: make([]types.AttributeValue, t.wantDelivered)},
			}
		}
		for _, key := range t.images {
			o.objects[key] = picture(key)
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
		"ErrStatus": {func(o observation) {
			o.items["sunset"]["status"] = &types.AttributeValueMemberS{Value: "running"}
		}, []string{`task sunset: status is "running", not "completed"`}},
		"ErrDelivery": {func(o observation) { delete(o.items["sunset"], "delivery_status") },
			[]string{`task sunset: delivery_status is "", not "delivered"`}},
		"ErrDelivered": {func(o observation) { delete(o.items["sunset"], "delivered") },
			[]string{"task sunset: 0 objects are delivered, not 2"}},
		"ErrObjectGone": {func(o observation) { delete(o.objects, key) },
			[]string{"image " + key + " in the delivery bucket is missing or differs", "the delivery bucket holds"}},
		"ErrObjectChanged": {func(o observation) { o.objects[key] = []byte("other") },
			[]string{"image " + key + " in the delivery bucket is missing or differs"}},
		"ErrObjectTooMany": {func(o observation) { o.objects["other"] = nil }, []string{"the delivery bucket holds"}},
		"ErrItemTooMany":   {func(o observation) { o.items["other"] = nil }, []string{"9 items, not 8"}},
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
			a, err := announcement.Parse([]byte(m.body))
			if refused := task.wantLetters[recordQueue] > 0; (err != nil) != refused {
				t.Errorf("task %s: %v", task.id, err)
			}
			if err == nil && a.TaskID != task.id {
				t.Errorf("task %s announces %s", task.id, a.TaskID)
			}
		}
	}
}

func TestPicture(t *testing.T) {
	one, other := picture("1.png"), picture("2.png")
	if bytes.Equal(one, other) || !bytes.Equal(one, picture("1.png")) {
		t.Error("a picture does not depend on its key alone")
	}
	if _, err := png.Decode(bytes.NewReader(one)); err != nil {
		t.Error(err)
	}
}

func TestClock(t *testing.T) {
	for at, want := range map[string]string{"2026-11-23T12:34:56.789Z": "12:34:56.789", "": ""} {
		if got := clock(at); got != want {
			t.Errorf("%q is %q, want %q", at, got, want)
		}
	}
}
