package tasktable_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// recordSteps are announcements of one task, one after another, and what each
// leaves.
func recordSteps(t *testing.T, id string) []recordStep {
	running := func(messageID string, seconds time.Duration) announcement.Announcement {
		return announce(t, messageID, seconds*time.Second, `{"id":"`+id+`","status":"running","runtime":"sdruntime"}`)
	}
	completed := func(messageID string, seconds time.Duration) announcement.Announcement {
		return announce(t, messageID, seconds*time.Second, `{"id":"`+id+`","result":true,"image_url":["s3://b/k"]}`)
	}
	return []recordStep{
		{"CompletionIsRecorded", completed("c1", 10), tasktable.Recorded, 1, "completed", "0"},
		{"ItsDuplicateChangesNothing", completed("c1", 10), tasktable.Duplicate, 1, "completed", "0"},
		{"ItsLateStartIsKept", running("r1", 4), tasktable.StartRecorded, 2, "completed", "6000"},
		{"DuplicateOfTheStartChangesNothing", running("r1", 4), tasktable.Stale, 1, "completed", "6000"},
		{"OlderCompletionChangesNothing", completed("c0", 5), tasktable.Stale, 1, "completed", "6000"},
		{"NewRunStartsOver", running("r2", 20), tasktable.Recorded, 1, "running", "absent"},
		{"AndCompletes", completed("c2", 25), tasktable.Recorded, 1, "completed", "5000"},
		{"AtEqualTimesACompletionBeatsRunning", running("z", 25), tasktable.StartRecorded, 2, "completed", "0"},
		{"AtEqualTimesTheGreaterMessageIdWins", completed("c3", 25), tasktable.Recorded, 1, "completed", "0"},
	}
}

type recordStep struct {
	name     string
	a        announcement.Announcement
	outcome  tasktable.Outcome
	requests int
	status   string
	duration string
}

// TestRecord checks what one announcement after another changes, and how many
// requests that takes.
func TestRecord(t *testing.T) {
	f := newFixture(t)
	id := newID()
	for _, step := range append(recordSteps(t, id), requestSteps(t, id)...) {
		t.Run(step.name, func(t *testing.T) {
			f.requests.Reset()
			if got := f.record(t, step.a); got.Outcome != step.outcome {
				t.Errorf("outcome is %s, want %s", got.Outcome, step.outcome)
			}
			if got := len(f.requests.Requests(nil)); got != step.requests {
				t.Errorf("%d requests, want %d", got, step.requests)
			}
			stored := f.item(t, id)
			if got := plain(stored["status"]); got != step.status {
				t.Errorf("status is %s, want %s", got, step.status)
			}
			if got := plain(stored["duration_ms"]); got != step.duration {
				t.Errorf("duration_ms is %s, want %s", got, step.duration)
			}
		})
	}
}

// recordDocumentTests are fields of a message and the attribute that stores
// them.
var recordDocumentTests = map[string]struct{ fields, want string }{
	"ObjectNatively":              {`"context":{"user":"u-17","order":9007199254740993}`, "context"},
	"EmptyStringNatively":         {`"context":""`, "context"},
	"NullNatively":                {`"context":null`, "context"},
	"32LevelsNatively":            {`"context":` + nested(32), "context"},
	"33LevelsAsText":              {`"context":` + nested(33), "context_json"},
	"39DigitsAsText":              {`"context":[123456789012345678901234567890123456789]`, "context_json"},
	"HugeExponentAsText":          {`"context":1e126`, "context_json"},
	"WhatBoto3CannotReadAsText":   {`"context":1e38`, "context_json"},
	"NaNAsText":                   {`"context":{"a":[1,NaN]}`, "context_json"},
	"InfinityAloneAsText":         {`"context":-Infinity`, "context_json"},
	"UnknownInfinitiesAsText":     {`"cfg":Infinity,"prompt":"a cat"`, "extra_json"},
	"EqualNamesAsText":            {`"context":{"a":1,"a":2}`, "context_json"},
	"EmptyNameAsText":             {`"context":{"":1}`, "context_json"},
	"LoneSurrogateAsText":         {`"context":"\ud800"`, "context_json"},
	"BytesThatAreNotUTF8":         {"\"context\":\"\xff\"", "context_json"},
	"MoreThan400KBNotAtAll":       {`"context":"` + strings.Repeat("x", 400<<10) + `"`, "context_omitted"},
	"TooBigNativelyButNotAsText":  {`"context":[` + strings.Repeat("0,", 120_000) + `0]`, "context_json"},
	"UnknownFieldsNatively":       {`"prompt":"a cat","seed":42`, "extra"},
	"UnknownFieldsAsText":         {`"prompt":"\ud800"`, "extra_json"},
	"UnknownFieldsWithHTMLAsText": {`"prompt":"\ud800` + strings.Repeat("<", 100<<10) + `"`, "extra_json"},
	"UnknownFieldsNotAtAll":       {`"prompt":"` + strings.Repeat("x", 400<<10) + `"`, "extra_omitted"},
}

func nested(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

func TestRecordDocuments(t *testing.T) {
	f := newFixture(t)
	for name, test := range recordDocumentTests {
		t.Run(name, func(t *testing.T) {
			id := newID()
			recording := f.record(t, announce(t, "m", 0, `{"id":"`+id+`","result":true,`+test.fields+`}`))
			var wantOmitted []string
			if document, ok := strings.CutSuffix(test.want, "_omitted"); ok {
				wantOmitted = []string{document}
			}
			if recording.Outcome != tasktable.Recorded || !slices.Equal(recording.Omitted, wantOmitted) {
				t.Errorf("got %+v", recording)
			}
			stored := f.item(t, id)
			for _, attribute := range []string{
				"context", "context_json", "context_omitted", "extra", "extra_json", "extra_omitted",
			} {
				if _, ok := stored[attribute]; ok != (attribute == test.want) {
					t.Errorf("attribute %s is there: %t", attribute, ok)
				}
			}
		})
	}
}

// TestContextLeavesRoomForExtra: a context that fits natively is stored as text
// where the unknown fields would have no room beside it.
func TestContextLeavesRoomForExtra(t *testing.T) {
	f := newFixture(t)
	zeros, prompt := strings.Repeat("0,", 60<<10)+"0", strings.Repeat("x", 120<<10)
	a := announce(t, "m", 0, `{"id":"`+newID()+`","result":true,"context":[`+zeros+`],"prompt":"`+prompt+`"}`)
	if recording := f.record(t, a); len(recording.Omitted) > 0 {
		t.Errorf("omitted are %q", recording.Omitted)
	}
	task, err := f.Get(t.Context(), a.TaskID)
	if err != nil || string(task.Context) != string(a.Context) || len(task.Extra) < len(prompt) {
		t.Errorf("context has %d bytes, extra has %d, %v", len(task.Context), len(task.Extra), err)
	}
}

// refusal makes DynamoDB refuse a number of updates as too large.
func refusal(times int) faultproxy.Fault {
	return invalid(times, "Item size to update has exceeded the maximum allowed size")
}

// invalid makes DynamoDB refuse a number of updates for a reason.
func invalid(times int, reason string) faultproxy.Fault {
	answer := `{"__type":"com.amazon.coral.validate#ValidationException","message":"` + reason + `"}`
	return faultproxy.Fault{
		Match: updates, Times: times, Do: faultproxy.Reply(400, "application/x-amz-json-1.0", answer),
	}
}

// TestRecordDespiteValidation: if DynamoDB refuses what this package expected to fit, the status is recorded all the
// same: with documents as text if DynamoDB takes these, for instance because it counts levels otherwise, and at last
// without documents and lists.
func TestRecordDespiteValidation(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		fault  faultproxy.Fault
		images int // listed
		left   []string
	}{
		"OKTooDeep":  {invalid(1, "Nesting Levels have exceeded supported limits"), 2, nil},
		"OKTooLarge": {refusal(2), 0, []string{"image_url", "context"}},
	} {
		t.Run(name, func(t *testing.T) {
			f.requests.Inject(test.fault)
			id := newID()
			recording := f.record(t, announce(t, "m", 0,
				`{"id":"`+id+`","result":true,"context":{"a":1},"image_url":["s3://b/1","s3://b/2"]}`))
			task, err := f.Get(t.Context(), id)
			if err != nil || task.Status != announcement.Completed || task.ImageCount != 2 ||
				len(task.ImageURLs) != test.images || task.ContextOmitted == (test.left == nil) {
				t.Errorf("got %+v, %v", task, err)
			}
			if _, asText := f.item(t, id)["context_json"]; asText != (test.left == nil) {
				t.Errorf("the context is text: %t", asText)
			}
			if !slices.Equal(recording.Omitted, test.left) {
				t.Errorf("omitted are %q", recording.Omitted)
			}
		})
	}
	t.Run("ErrValidation", func(t *testing.T) {
		f.requests.Inject(refusal(3))
		_, err := f.Record(t.Context(), announce(t, "m", 0, `{"id":"`+newID()+`","result":true}`))
		if err == nil || !strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("error is %v", err)
		}
	})
}

// TestErrInvalid: if DynamoDB refuses an update for another reason, Record fails instead of omitting values.
func TestErrInvalid(t *testing.T) {
	f := newFixture(t)
	id := newID()
	a := announce(t, "m", 0, `{"id":"`+id+`","result":true,"context":{"a":1},"image_url":["s3://b/1"]}`)
	d := tasktable.Delivery{Status: tasktable.Delivered, URIs: []string{"s3://d/1"}}
	for _, reason := range []string{
		"The provided key element does not match the schema", "One or more parameter values were invalid: size",
		"Type mismatch for Index Key status Expected: S Actual: N", "",
	} {
		f.requests.Reset()
		f.requests.Inject(invalid(2, reason))
		if _, err := f.Record(t.Context(), a); err == nil || !strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("%q: Record's error is %v", reason, err)
		}
		_, err := f.RecordDelivery(t.Context(), a, d)
		if err == nil || !strings.Contains(err.Error(), "ValidationException") {
			t.Errorf("%q: RecordDelivery's error is %v", reason, err)
		}
		if sent := len(f.requests.Requests(updates)); sent != 2 {
			t.Errorf("%q: %d requests", reason, sent)
		}
	}
	f.requests.Reset()
	f.record(t, a)
	if task, err := f.Get(t.Context(), id); err != nil || string(task.Context) != `{"a":1}` || len(task.ImageURLs) != 1 {
		t.Errorf("got %+v, %v", task, err)
	}
}

func TestErrNoTable(t *testing.T) {
	f := newFixture(t)
	missing := &tasktable.Table{Client: f.Client, Name: "no-such-table"}
	a := announce(t, "m", 0, `{"id":"task","status":"running"}`)
	_, recordErr := missing.Record(t.Context(), a)
	_, deliveryErr := missing.RecordDelivery(t.Context(), a, tasktable.Delivery{Status: tasktable.Delivered})
	_, getErr := missing.Get(t.Context(), "task")
	var listErr error
	for _, err := range missing.Between(t.Context(), announcement.Failed, noon, noon) {
		listErr = err
	}
	for name, err := range map[string]error{
		"Record": recordErr, "RecordDelivery": deliveryErr, "Get": getErr, "Between": listErr,
	} {
		var notFound *types.ResourceNotFoundException
		if !errors.As(err, &notFound) || !strings.Contains(err.Error(), "no-such-table") {
			t.Errorf("%s: error is %v, want DynamoDB's, with the table's name", name, err)
		}
	}
}
