package announcement_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
)

// TestParseSamples reads messages as the publisher sends them.
func TestParseSamples(t *testing.T) {
	abcd := "s3://outputbucket/output/test-t2i/test-t2i-abcd"
	for name, want := range map[string]announcement.Announcement{
		"v1-completed": {TaskID: "test-t2i", Status: announcement.Completed, ImageURLs: []string{abcd + "-1.png"},
			OutputURL: abcd + ".out", Context: json.RawMessage(`{"abc": 123}`)},
		"v2-completed": {TaskID: "test-t2i", Status: announcement.Completed, Runtime: "sdruntime",
			ImageURLs: []string{abcd + "-1.png", abcd + "-2.png"}, OutputURL: abcd + ".out", Context: json.RawMessage(`{"abc": 123}`)},
		"v3-completed": {TaskID: "test-t2i", Status: announcement.Completed, Runtime: "sdruntime",
			ImageURLs: []string{"s3://outputbucket/output/test-t2i/test-t2i-0f3c-1.png"},
			OutputURL: "s3://outputbucket/output/test-t2i/test-t2i-0f3c.out",
			Context:   json.RawMessage(`{"user": "u-17", "order": 9007199254740993}`)},
		"v3-failed": {TaskID: "pipeline-7", Status: announcement.Failed, Runtime: "comfyui", ImageURLs: []string{},
			OutputURL: "s3://outputbucket/output/pipeline-7/pipeline-7-91be.out", Context: json.RawMessage(`""`)},
		"running": {TaskID: "test-t2i", Status: announcement.Running, Runtime: "sdruntime", Context: json.RawMessage(`{"user": "u-17"}`)},
	} {
		t.Run(name, func(t *testing.T) {
			message, err := os.ReadFile("testdata/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			got, err := announcement.Parse(message)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	long := strings.Repeat("x", announcement.MaxIDBytes)
	for name, test := range map[string]struct{ message, field, problem string }{
		"OKLongestID":        {message: `{"id":"` + long + `","result":false}`},
		"OKNullFields":       {message: `{"id":"a","result":true,"runtime":null,"image_url":null,"output_url":null,"context":null}`},
		"OKEmptyLists":       {message: `{"id":"a","status":"running","image_url":[]}`},
		"ErrEmpty":           {message: ``, field: "message", problem: "ends too early"},
		"ErrCutShort":        {message: `{"id":"a"`, field: "message", problem: "ends too early"},
		"ErrNotJSON":         {message: `hello`, field: "message", problem: "is not JSON"},
		"ErrNotObject":       {message: `["a"]`, field: "message", problem: "not an object"},
		"ErrMoreText":        {message: `{"id":"a","result":true} {}`, field: "message", problem: "text after"},
		"ErrNoID":            {message: `{"result":true}`, field: "id", problem: "missing or empty"},
		"ErrEmptyID":         {message: `{"id":"","result":true}`, field: "id", problem: "missing or empty"},
		"ErrIDTooLong":       {message: `{"id":"` + long + `x","result":true}`, field: "id", problem: "2049 bytes"},
		"ErrIDNumber":        {message: `{"id":7,"result":true}`, field: "id", problem: "must be a string, but is 7"},
		"ErrIDNotUTF8":       {message: "{\"id\":\"a\xff\",\"result\":true}", field: "id", problem: "must be a string"},
		"ErrIDInCapitals":    {message: `{"ID":"a","result":true}`, field: "id", problem: "missing"},
		"ErrIDTwice":         {message: `{"id":"a","id":"b","result":true}`, field: "message", problem: `field "id" twice`},
		"ErrResultString":    {message: `{"id":"a","result":"yes"}`, field: "result", problem: `must be true or false, but is "yes"`},
		"ErrResultMissing":   {message: `{"id":"a"}`, field: "status", problem: "both missing"},
		"ErrStatusUnknown":   {message: `{"id":"a","status":"queued"}`, field: "status", problem: `is "queued"`},
		"ErrContradiction":   {message: `{"id":"a","status":"completed","result":false}`, field: "result", problem: "is false although"},
		"ErrRunningResult":   {message: `{"id":"a","status":"running","result":true}`, field: "result", problem: "although"},
		"ErrRunningImages":   {message: `{"id":"a","status":"running","image_url":["s3://b/k"]}`, field: "image_url", problem: "although"},
		"ErrImageURLString":  {message: `{"id":"a","result":true,"image_url":"s3://b/k"}`, field: "image_url", problem: "must be a list of strings"},
		"ErrImageURLNumbers": {message: `{"id":"a","result":true,"image_url":[1]}`, field: "image_url", problem: "must be a list of strings"},
		"ErrImageURLNull":    {message: `{"id":"a","result":true,"image_url":["s3://b/k",null]}`, field: "image_url[1]", problem: "is null"},
		"ErrRuntimeObject":   {message: `{"id":"a","result":true,"runtime":{}}`, field: "runtime", problem: "must be a string"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := announcement.Parse([]byte(test.message))
			if test.problem == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var invalid *announcement.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != test.field || !strings.Contains(invalid.Problem, test.problem) {
				t.Errorf("error is %v, want field %s and %q", err, test.field, test.problem)
			}
		})
	}
}

func TestParseKeepsUnknownFields(t *testing.T) {
	a, err := announcement.Parse([]byte(`{"id":"a","result":true,"prompt":"a cat","Result":"?"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]json.RawMessage{"prompt": json.RawMessage(`"a cat"`), "Result": json.RawMessage(`"?"`)}
	if !reflect.DeepEqual(a.Extra, want) {
		t.Errorf("Extra is %s, want %s", a.Extra, want)
	}
}

func TestFromSNS(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 123_456_789, time.UTC)
	valid := events.SNSEntity{MessageID: "m", Timestamp: at, Message: `{"id":"a","result":true}`}
	t.Run("OK", func(t *testing.T) {
		a, err := announcement.FromSNS(valid)
		if err != nil || a.MessageID != "m" || !a.PublishedAt.Equal(at.Truncate(time.Millisecond)) {
			t.Errorf("got %+v, %v", a, err)
		}
	})
	for name, change := range map[string]func(*events.SNSEntity){
		"ErrNoMessageID": func(e *events.SNSEntity) { e.MessageID = "" },
		"ErrNoTimestamp": func(e *events.SNSEntity) { e.Timestamp = time.Time{} },
		"ErrNoMessage":   func(e *events.SNSEntity) { e.Message = "" },
	} {
		t.Run(name, func(t *testing.T) {
			e := valid
			change(&e)
			if _, err := announcement.FromSNS(e); err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestVersion sorts announcements as strings.
func TestVersion(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	inOrder := []announcement.Announcement{
		{Status: announcement.Completed, PublishedAt: at, MessageID: "z"},
		{Status: announcement.Running, PublishedAt: at.Add(time.Millisecond), MessageID: "z"},
		{Status: announcement.Completed, PublishedAt: at.Add(time.Millisecond), MessageID: "a"},
		{Status: announcement.Failed, PublishedAt: at.Add(time.Millisecond), MessageID: "b"},
		{Status: announcement.Running, PublishedAt: at.Add(time.Second), MessageID: "a"},
	}
	var versions []string
	for _, a := range inOrder {
		versions = append(versions, a.Version())
	}
	if !slices.IsSorted(versions) {
		t.Errorf("not in order: %q", versions)
	}
}

// FuzzParse checks that whatever is accepted is fit for the table, and whatever
// is refused is refused with a reason.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"v1-completed", "v2-completed", "v3-completed", "v3-failed", "running"} {
		message, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(message)
	}
	for _, message := range []string{`{"id":"a","id":"b"}`, `{"id":"\ud800","result":true}`, `{"id":"a","result":true,"x":[[]]}`, `[]`, `{"id":"a"} x`} {
		f.Add([]byte(message))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		a, err := announcement.Parse(message)
		if err != nil {
			var invalid *announcement.InvalidError
			if !errors.As(err, &invalid) || invalid.Field == "" || invalid.Problem == "" {
				t.Fatalf("error %v has no field or no problem", err)
			}
			return
		}
		if a.TaskID == "" || len(a.TaskID) > announcement.MaxIDBytes {
			t.Errorf("id of %d bytes was accepted", len(a.TaskID))
		}
		if !a.Status.Terminal() && (a.Status != announcement.Running || len(a.ImageURLs) > 0) {
			t.Errorf("status %q with %d images was accepted", a.Status, len(a.ImageURLs))
		}
		if a.Context != nil && !json.Valid(a.Context) {
			t.Errorf("context is not JSON: %s", a.Context)
		}
	})
}
