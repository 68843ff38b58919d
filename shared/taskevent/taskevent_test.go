package taskevent_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// subscriber is a queue that is subscribed to a topic, and a publisher to it.
type subscriber struct {
	messaging *localtest.Messaging
	publisher taskevent.Publisher
	queueURL  string
}

// subscribe subscribes a new queue to a new topic, with a filter policy unless that is "".
func subscribe(t *testing.T, filter string) subscriber {
	t.Helper()
	m := localtest.Queues(t)
	topicARN, queueURL := m.CreateTopic(t, filter)
	return subscriber{m, taskevent.Publisher{Client: m.SNS, TopicARN: topicARN}, queueURL}
}

// receive publishes an event, and returns what the queue gets of it: the message, and its fields.
func (s subscriber) receive(t *testing.T, e taskevent.Event) (string, map[string]any) {
	t.Helper()
	if err := s.publisher.Publish(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var bodies []string
	localtest.Await(t, time.Minute, "the queue gets the event", func() bool {
		bodies = s.messaging.Receive(t, s.queueURL)
		return len(bodies) > 0
	})
	if len(bodies) != 1 {
		t.Fatalf("got %d messages", len(bodies))
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(bodies[0]), &fields); err != nil {
		t.Fatalf("%v in %.200s", err, bodies[0])
	}
	return bodies[0], fields
}

func finished(status announcement.Status) announcement.Announcement {
	return announcement.Announcement{
		TaskID: "sunset", Status: status, Runtime: "sdruntime", Caller: "ann@example.com", ImageURLs: uris("out", 2),
		Context: json.RawMessage(`{"user":7}`), MessageID: "m1", PublishedAt: noon,
	}
}

func uris(bucket string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("s3://%s/output/sunset/sunset-0f3c-%d.png", bucket, i+1)
	}
	return all
}

func delivered(n int) tasktable.Delivery {
	return tasktable.Delivery{Status: tasktable.Delivered, URIs: uris("in", n), At: noon}
}

func TestPublish(t *testing.T) {
	failed := finished(announcement.Failed)
	failed.ImageURLs, failed.Error = nil, "quote \" and\nnewline 😀 \uFFFF <b>"
	noText := finished(announcement.Completed)
	noText.ImageURLs, noText.Context = nil, json.RawMessage(`[NaN,"\ud800"]`)
	noText.Runtime, noText.Caller = "", ""
	noContext := failed
	noContext.Context = json.RawMessage("null")
	const whose = `"runtime":"sdruntime","caller":"ann@example.com",`
	const end = `"finished_at":"2026-11-24T12:00:00.000Z","version":"2026-11-24T12:00:00.000Z/2/m1"`
	for name, test := range map[string]struct {
		event taskevent.Event
		want  string
	}{
		"Delivered": {taskevent.Delivery(finished(announcement.Completed), delivered(2)),
			`{"id":"delivered/m1","event":"delivered","task_id":"sunset","status":"completed",` +
				whose + end + `,"image_count":2,"delivery_status":"delivered","context":{"user":7},` +
				`"delivered":["s3://in/output/sunset/sunset-0f3c-1.png","s3://in/output/sunset/sunset-0f3c-2.png"]}`},
		"DeliveryFailed": {taskevent.Delivery(finished(announcement.Completed), tasktable.Delivery{
			Status: tasktable.DeliveryFailed, URIs: uris("in", 1), Error: `copy "s3://out/2.png": NoSuchKey`}),
			`{"id":"delivery_failed/m1","event":"delivery_failed","task_id":"sunset",` +
				`"status":"completed",` + whose + end + `,"image_count":2,"delivery_status":"failed",` +
				`"delivery_error":"copy \"s3://out/2.png\": NoSuchKey","context":{"user":7},` +
				`"delivered":["s3://in/output/sunset/sunset-0f3c-1.png"]}`},
		"TaskFailed": {taskevent.Failed(failed),
			`{"id":"task_failed/m1","event":"task_failed","task_id":"sunset","status":"failed",` +
				whose + end + `,"error":"quote \" and\nnewline 😀 \uffff <b>","image_count":0,` +
				`"context":{"user":7}}`},
		"NoContext": {taskevent.Failed(noContext),
			`{"id":"task_failed/m1","event":"task_failed","task_id":"sunset","status":"failed",` +
				whose + end + `,"error":"quote \" and\nnewline 😀 \uffff <b>","image_count":0}`},
		"EmptyWithAContextThatIsNotJSON": {
			taskevent.Delivery(noText, tasktable.Delivery{Status: tasktable.DeliveryEmpty}),
			`{"id":"delivered/m1","event":"delivered","task_id":"sunset","status":"completed",` +
				end + `,"image_count":0,"delivery_status":"empty","context_json":"[NaN,\"\\ud800\"]","delivered":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := subscribe(t, "").receive(t, test.event); got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestFilter: the message attributes let a subscription choose.
func TestFilter(t *testing.T) {
	s := subscribe(t, `{"event":["task_failed"],"status":["failed"],"runtime":["sdruntime"],`+
		`"caller":["ann@example.com"]}`)
	other := taskevent.Delivery(finished(announcement.Completed), delivered(2))
	if err := s.publisher.Publish(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	// All but the first are no attributes.
	for _, odd := range []string{"comfyui", "", " ", "é", "a\tb", `a"b`, `a\b`, strings.Repeat("x", 300<<10)} {
		ofRuntime, ofCaller := finished(announcement.Failed), finished(announcement.Failed)
		ofRuntime.Runtime, ofCaller.Caller = odd, announcement.Clip(odd, 1000)
		for _, a := range []announcement.Announcement{ofRuntime, ofCaller} {
			if err := s.publisher.Publish(t.Context(), taskevent.Failed(a)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, got := s.receive(t, taskevent.Failed(finished(announcement.Failed))); got["caller"] != "ann@example.com" {
		t.Errorf("got %v", got)
	}
}

// TestShortened: events of the largest announcements still arrive. The context has priority over the list.
func TestShortened(t *testing.T) {
	for name, test := range map[string]struct {
		context string
		objects int
		want    string // the context's field
		listed  int    // at least
	}{
		"OKContextAndObjects": {`"` + strings.Repeat("c", 200<<10) + `"`, 5000, "context", 1000},
		"OKManyObjects":       {`"c"`, 5000, "context", 4900},
		"OKContextFits":       {`"` + strings.Repeat("c", 254<<10) + `"`, 5000, "context", 0},
		"OKContextOmitted":    {`"` + strings.Repeat("c", 256<<10) + `"`, 5000, "context_omitted", 4900},
		"OKTextOmitted":       {"[" + strings.Repeat("NaN,", 63<<10) + "\"\"]", 1, "context_json", 1},
		"OKQuotes":            {`["` + strings.Repeat(`\"`, 90<<10) + `",NaN]`, 1, "context_omitted", 1},
	} {
		t.Run(name, func(t *testing.T) {
			a := finished(announcement.Completed)
			a.ImageURLs, a.Context = uris("out", test.objects), json.RawMessage(test.context)
			text, got := subscribe(t, "").receive(t, taskevent.Delivery(a, delivered(test.objects)))
			list, _ := got["delivered"].([]any)
			omitted, _ := got["delivered_omitted"].(float64)
			if len(list) < test.listed || len(list)+int(omitted) != test.objects || got[test.want] == nil {
				t.Errorf("got %d objects, %v omitted, and %v", len(list), omitted, keys(got))
			}
			if len(text) > 255<<10 {
				t.Errorf("the message has %d bytes", len(text))
			}
		})
	}
}

// TestLongTexts: long texts of a message leave room for the other fields.
func TestLongTexts(t *testing.T) {
	a, d := finished(announcement.Completed), delivered(1)
	a.Runtime, d.Error = strings.Repeat("r", 5<<10), strings.Repeat("e", 5<<10)
	if e := taskevent.Delivery(a, d); len(e.Runtime) != 1<<10 || len(e.DeliveryError) != 4<<10 {
		t.Errorf("the runtime has %d bytes, the error %d", len(e.Runtime), len(e.DeliveryError))
	}
}

func keys(fields map[string]any) (names []string) {
	for name := range fields {
		names = append(names, name)
	}
	return names
}

// TestNames: fields have the names of the corresponding attributes.
func TestNames(t *testing.T) {
	event := reflect.TypeFor[taskevent.Event]()
	for i := range event.NumField() {
		name, _, _ := strings.Cut(event.Field(i).Tag.Get("json"), ",")
		known := slices.ContainsFunc(tasktable.Attributes, func(a tasktable.Attribute) bool {
			return strings.TrimPrefix(a.Name, tasktable.InternalPrefix) == name
		})
		if !known && name != "id" && name != "event" {
			t.Errorf("items have no attribute %s", name)
		}
	}
}
