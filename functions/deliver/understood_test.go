package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/tasktable"
)

func (f *fixture) handle(t *testing.T, message string) error {
	t.Helper()
	return f.handler.Handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{{
		SNS: events.SNSEntity{MessageID: "m", Timestamp: time.Now(), Message: message}}}})
}

// TestDeliversWhatIsNotJSON: messages that SNS can't parse, and ids that aren't
// strings.
func TestDeliversWhatIsNotJSON(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct{ id, message string }{
		"OKConstants": {"constants", `{"id": "constants", "result": true, "image_url": ["s3://source/constants"], ` +
			`"context": [NaN, -Infinity]}`},
		"OKNumberID": {"100000355159719227200", `{"id": 100000355159719227200, "result": true, ` +
			`"image_url": ["s3://source/100000355159719227200"]}`},
		"OKBooleanID": {"True", `{"images": [""], ` +
			`"parameters": {"id_task": true, "status": 1, "image_url": "s3://source/True"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			put(t, f.store, test.id)
			if err := f.handle(t, test.message); err != nil {
				t.Fatal(err)
			}
			if got := f.task(t, test.id); got.DeliveryStatus != tasktable.Delivered || len(got.Delivered) != 1 {
				t.Errorf("got %+v", got)
			}
			if got := f.store.Get(t, "destination", test.id); got != test.id {
				t.Errorf("delivered is %q", got)
			}
		})
	}
}

// TestLeavesToRecord: a message that is not an announcement is no error, because
// record's dead letter is enough.
func TestLeavesToRecord(t *testing.T) {
	f := newFixture(t)
	if err := f.handle(t, `{"id": "a", "result": "maybe", "image_url": ["s3://source/a"]}`); err != nil {
		t.Errorf("error is %v", err)
	}
	if requests := f.proxy.Requests(nil); len(requests) > 0 {
		t.Errorf("requests to S3: %v", requests)
	}
	for _, want := range []string{
		`"level":"ERROR"`, `"outcome":"not_understood"`, `"NotUnderstood":1`, "result must be true or false",
	} {
		if !strings.Contains(f.logged.String(), want) {
			t.Errorf("the log has no %s: %s", want, f.logged)
		}
	}
}
