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

// TestParseSamples reads messages as the guidance sends them.
func TestParseSamples(t *testing.T) {
	abcd := "s3://outputbucket/output/test-t2i/test-t2i-abcd"
	abc := json.RawMessage(`{"abc": 123}`)
	for name, want := range map[string]announcement.Announcement{
		"V1Completed": {TaskID: "test-t2i", Status: announcement.Completed, ImageURLs: []string{abcd + "-1.png"},
			OutputURL: abcd + ".out", Context: abc},
		"V2Completed": {TaskID: "test-t2i", Status: announcement.Completed, Runtime: "sdruntime",
			ImageURLs: []string{abcd + "-1.png", abcd + "-2.png"}, OutputURL: abcd + ".out", Context: abc},
		"V3Completed": {TaskID: "test-t2i", Status: announcement.Completed, Runtime: "sdruntime",
			ImageURLs: []string{"s3://outputbucket/output/test-t2i/test-t2i-0f3c-1.png"},
			OutputURL: "s3://outputbucket/output/test-t2i/test-t2i-0f3c.out",
			Context:   json.RawMessage(`{"user": "u-17", "order": 9007199254740993}`)},
		"V3Failed": {TaskID: "pipeline-7", Status: announcement.Failed, Runtime: "comfyui", ImageURLs: []string{},
			OutputURL: "s3://outputbucket/output/pipeline-7/pipeline-7-91be.out", Context: json.RawMessage(`""`)},
		"Running": {TaskID: "test-t2i", Status: announcement.Running, Runtime: "sdruntime",
			Context: json.RawMessage(`{"user": "u-17"}`)},
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

var longestID = strings.Repeat("x", announcement.MaxIDBytes)

// parseTests are messages and the field and problem of their InvalidError, if
// they are invalid.
var parseTests = map[string]struct{ message, field, problem string }{
	"OKLongestID":        {`{"id":"` + longestID + `","result":false}`, "", ""},
	"OKNullFields":       {`{"id":"a","result":true,"runtime":null,"image_url":null,"context":null}`, "", ""},
	"OKEmptyLists":       {`{"id":"a","status":"running","image_url":[]}`, "", ""},
	"ErrEmpty":           {``, "message", "ends too early"},
	"ErrCutShort":        {`{"id":"a"`, "message", "ends too early"},
	"ErrCutInName":       {`{"id":"a","resu`, "message", "ends too early"},
	"ErrCutInValue":      {`{"id":"a","result":tr`, "message", "ends too early"},
	"ErrBadName":         {`{"id":"a",7:true}`, "message", "is not JSON"},
	"ErrBadEnd":          {`{"id":"a"]`, "message", "is not JSON"},
	"ErrNotJSON":         {`hello`, "message", "is not JSON"},
	"ErrNotObject":       {`["a"]`, "message", "not an object"},
	"ErrMoreText":        {`{"id":"a","result":true} {}`, "message", "text after"},
	"ErrNoID":            {`{"result":true}`, "id", "missing or empty"},
	"ErrEmptyID":         {`{"id":"","result":true}`, "id", "missing or empty"},
	"ErrIDTooLong":       {`{"id":"` + longestID + `x","result":true}`, "id", "2049 bytes"},
	"ErrNullID":          {`{"id":null,"result":true}`, "id", "missing or empty"},
	"ErrIDObject":        {`{"id":{},"result":true}`, "id", "must be a string, a number, true or false, but is {}"},
	"ErrIDList":          {`{"id":["a"],"result":true}`, "id", `must be a string, a number, true or false, but is ["a"]`},
	"ErrIDNotUTF8":       {"{\"id\":\"a\xff\",\"result\":true}", "id", "is not valid Unicode"},
	"ErrIDLoneSurrogate": {`{"id":"a\ud800","result":true}`, "id", `is not valid Unicode: "a\ud800"`},
	"ErrIDInCapitals":    {`{"ID":"a","result":true}`, "id", "missing"},
	"ErrIDTwice":         {`{"id":"a","id":"b","result":true}`, "message", `field "id" twice`},
	"ErrResultString":    {`{"id":"a","result":"yes"}`, "result", `must be true or false, but is "yes"`},
	"ErrResultMissing":   {`{"id":"a"}`, "status", "both missing"},
	"ErrStatusUnknown":   {`{"id":"a","status":"queued"}`, "status", `is "queued"`},
	"ErrContradiction":   {`{"id":"a","status":"completed","result":false}`, "result", "is false although"},
	"ErrRunningResult":   {`{"id":"a","status":"running","result":true}`, "result", "although"},
	"ErrRunningImages":   {`{"id":"a","status":"running","image_url":["s3://b/k"]}`, "image_url", "although"},
	"ErrImageURLString":  {`{"id":"a","result":true,"image_url":"s3://b/k"}`, "image_url", "must be a list of strings"},
	"ErrImageURLNumbers": {`{"id":"a","result":true,"image_url":[1]}`, "image_url", "must be a list of strings"},
	"ErrImageURLNull":    {`{"id":"a","result":true,"image_url":["s3://b/k",null]}`, "image_url[1]", "is null"},
	"ErrImageURLLoneSurrogate": {`{"id":"a","result":true,"image_url":["s3://b/\udfff"]}`, "image_url",
		"is not valid Unicode"},
	"ErrOutputURLLoneSurrogate": {`{"id":"a","result":true,"output_url":"s3://b/\ud800k"}`, "output_url",
		"is not valid Unicode"},
	"ErrResultNaN":     {`{"id":"a","result":NaN}`, "result", "must be true or false, but is NaN"},
	"ErrImageURLNaN":   {`{"id":"a","result":true,"image_url":[NaN]}`, "image_url", "must be a list of strings, but is ["},
	"ErrRuntimeObject": {`{"id":"a","result":true,"runtime":{}}`, "runtime", "must be a string"},
}

func TestParse(t *testing.T) {
	for name, test := range parseTests {
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

// TestInvalidErrorIsShort: an error quotes at most 80 bytes of a message, and
// whole characters of it.
func TestInvalidErrorIsShort(t *testing.T) {
	_, err := announcement.Parse([]byte(`{"id":"a","status":"` + strings.Repeat("é", 100) + `x"}`))
	want := `invalid announcement: status is "` + strings.Repeat("é", 38) + `…": ` +
		`it must be "running", "completed" or "failed"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = announcement.Parse([]byte(`{"id":{"n":"` + strings.Repeat("é", 100) + `"},"result":true}`))
	want = `invalid announcement: id must be a string, a number, true or false, but is {"n":"` +
		strings.Repeat("é", 35) + `…`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
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
		"ErrTooEarly":    func(e *events.SNSEntity) { e.Timestamp = time.Date(2005, 12, 31, 0, 0, 0, 0, time.UTC) },
		"ErrTooLate":     func(e *events.SNSEntity) { e.Timestamp = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
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
		{Status: announcement.Queued, PublishedAt: at.Add(time.Millisecond), MessageID: "zz"},
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
