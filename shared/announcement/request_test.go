package announcement_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
)

// requests are requests as the guidance's API function and others publish them, by name.
func requests(t testing.TB) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile("testdata/requests.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for line := range bytes.Lines(data) {
		name, message, _ := bytes.Cut(bytes.TrimSpace(line), []byte("\t"))
		all[string(name)] = message
	}
	return all
}

func TestParseRequest(t *testing.T) {
	samples := requests(t)
	for name, want := range map[string]announcement.Announcement{
		"TextToImage": {TaskID: "test-t2i", Runtime: "sdruntime", TaskType: "text-to-image", Prefix: "output",
			Context: json.RawMessage(`{"user": "u-17", "order": 9007199254740993}`)},
		"Upscale": {TaskID: "up-1", Runtime: "sdruntime", TaskType: "extra-single-image", Prefix: "output/",
			Context: json.RawMessage(`""`)},
		"V1alpha1": {TaskID: "test-t2i", Runtime: "legacy", TaskType: "text-to-image", Prefix: "outputs",
			Context: json.RawMessage(`{}`)},
		"NumberID":   {TaskID: "100000355159719227200", Runtime: "sdruntime", TaskType: "text-to-image", Prefix: "output"},
		"Constants":  {TaskID: "inf", Runtime: "sdruntime", Context: json.RawMessage(`{"cfg": Infinity, "loss": NaN}`)},
		"Surrogates": {TaskID: "s", Context: json.RawMessage(`"\ud83dx"`)},
		"NoContent": {TaskID: "a", Error: "the request has no content: the guidance's agent deletes it without " +
			"announcing anything"},
		"NoPrefix": {TaskID: "b", Error: "the request's prefix is empty: the guidance's agent deletes it without " +
			"announcing anything"},
		"BeforeV1": {TaskID: "v1.0.0-rc.0/t2i", TaskType: "text-to-image"},
		"IDOnly":   {TaskID: "True"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := announcement.ParseRequest(samples[name])
			if err != nil {
				t.Fatal(err)
			}
			want.Status = announcement.Queued
			if !reflect.DeepEqual(r.Task, want) {
				t.Errorf("got  %+v\nwant %+v", r.Task, want)
			}
			if (r.Content == nil) != (name == "NoContent") {
				t.Errorf("the content is %s", r.Content)
			}
		})
	}
	t.Run("OKClipped", func(t *testing.T) {
		long := strings.Repeat("p", 200<<10)
		r, err := announcement.ParseRequest([]byte(
			`{"metadata":{"id":"a","tasktype":"` + long + `","prefix":"` + long + `","runtime":"` + long + `"}}`))
		if err != nil || len(r.Task.Prefix) != 1024 || len(r.Task.TaskType) != 256 || len(r.Task.Runtime) != 256 {
			t.Errorf("prefix of %d bytes, task type of %d, runtime of %d, %v",
				len(r.Task.Prefix), len(r.Task.TaskType), len(r.Task.Runtime), err)
		}
	})
	t.Run("OKDeepContent", func(t *testing.T) {
		deep := strings.Repeat("[", 60) + strings.Repeat("]", 60)
		message := `{"metadata":{"id":"a","context":` + deep + `,"team":1},"content":` + deep + `}`
		r, err := announcement.ParseRequest([]byte(message))
		if err != nil || string(r.Content) != deep || string(r.Task.Context) != deep {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}

// TestParseRequestErrors: the error names the field, and doesn't quote the content.
func TestParseRequestErrors(t *testing.T) {
	const prompt = "a secret lighthouse"
	for name, test := range map[string]struct{ message, problem string }{
		"ErrEmpty":         {``, "message is not JSON: it ends too early"},
		"ErrCutOff":        {`{"metadata":{"id":"a"},"content":{"prompt":"` + prompt, "message is not JSON"},
		"ErrText":          {`"` + prompt + `"`, "message is not a JSON object"},
		"ErrList":          {`["` + prompt + `"]`, "message is not a JSON object"},
		"ErrNoMetadata":    {`{"content":{"prompt":"` + prompt + `"}}`, "metadata is missing"},
		"ErrNullMetadata":  {`{"metadata":null,"content":{}}`, "metadata is not a JSON object"},
		"ErrTextMetadata":  {`{"metadata":"` + prompt + `","content":{}}`, "metadata is not a JSON object"},
		"ErrNoID":          {`{"metadata":{},"content":{"prompt":"` + prompt + `"}}`, "metadata.id is missing or empty"},
		"ErrEmptyID":       {`{"metadata":{"id":""},"content":{}}`, "metadata.id is missing or empty"},
		"ErrNullID":        {`{"metadata":{"id":null},"content":{}}`, "metadata.id is missing or empty"},
		"ErrLongID":        {`{"metadata":{"id":"` + longestID + `x"},"content":{}}`, "metadata.id has 2049 bytes"},
		"ErrObjectID":      {`{"metadata":{"id":{"prompt":"` + prompt + `"}}}`, "but is an object"},
		"ErrSurrogateID":   {`{"metadata":{"id":"\ud800"},"content":{}}`, "metadata.id is not valid Unicode"},
		"ErrTwoIDs":        {`{"metadata":{"id":"a","id":"b"},"content":{}}`, `metadata has field "id" twice`},
		"ErrNumberRuntime": {`{"metadata":{"id":"a","runtime":7}}`, "metadata.runtime must be a string, but is a number"},
		"ErrListTaskType": {`{"metadata":{"id":"a","tasktype":["` + prompt + `"]}}`,
			"metadata.tasktype must be a string, but is a list"},
		"ErrBeforeV1NoID": {`{"alwayson_scripts":{"task":"text-to-image"},"prompt":"` + prompt + `"}`,
			"alwayson_scripts.id_task is missing or empty"},
		"ErrAnAnnouncement": {`{"id":"a","result":true}`, "metadata is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := announcement.ParseRequest([]byte(test.message))
			var invalid *announcement.InvalidError
			if !errors.As(err, &invalid) || !strings.HasPrefix(err.Error(), "invalid request: ") ||
				!strings.Contains(err.Error(), test.problem) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error is %v, want it to say %q", err, test.problem)
			}
		})
	}
}

func TestRequestFromSNS(t *testing.T) {
	attribute := func(name, value string) map[string]any {
		return map[string]any{name: map[string]any{"Type": "String", "Value": value}}
	}
	sns := func(body string) events.SNSEntity {
		return events.SNSEntity{MessageID: "m", Timestamp: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Message: body}
	}
	const body = `{"metadata":{"id":"a","runtime":"legacy"},"content":{}}`
	for name, test := range map[string]struct {
		message events.SNSEntity
		runtime string
		problem string
	}{
		"OK":              {sns(body), "legacy", ""},
		"OKV1alpha1":      {sns(`{"metadata":{"id":"a"},"content":{}}`), "", ""},
		"OKRoutedRuntime": {sns(body), "sdruntime", ""},
		"OKLongRuntime":   {sns(body), strings.Repeat("r", 253) + "…", ""},
		"ErrNoMessageID":  {events.SNSEntity{Message: body}, "", "invalid request: Sns.MessageId is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "OKRoutedRuntime":
				test.message.MessageAttributes = attribute("runtime", "sdruntime")
			case "OKLongRuntime":
				test.message.MessageAttributes = attribute("runtime", strings.Repeat("r", 1000))
			default:
				test.message.MessageAttributes = attribute("sd_model_checkpoint", "v1-5-pruned-emaonly.safetensors")
			}
			r, err := announcement.RequestFromSNS(test.message)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil || r.Task.Runtime != test.runtime || r.Task.MessageID != "m" || r.Task.PublishedAt.IsZero() {
				t.Errorf("got %+v, %v", r.Task, err)
			}
		})
	}
}

// FuzzParseRequest checks that the table can store every accepted request, that the content is that of the message,
// and that no error quotes a text of the content.
func FuzzParseRequest(f *testing.F) {
	for _, message := range requests(f) {
		f.Add(message)
	}
	for _, message := range []string{
		`{"metadata":{"id":""}}`, `{"metadata":[],"content":1}`, `{"metadata":{"id":-NaN}}`, `{"metadata":{"id":"\ud800"}}`,
		`{"metadata":{"id":1,"id":2}}`, `[]`, `{"metadata":{"id":"a","context":[[NaN]]},"content":"x"} x`,
	} {
		f.Add([]byte(message))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		var fields map[string]json.RawMessage
		isJSON := json.Unmarshal(message, &fields) == nil
		r, err := announcement.ParseRequest(message)
		if err != nil {
			var invalid *announcement.InvalidError
			if !errors.As(err, &invalid) || invalid.Field == "" || invalid.Problem == "" {
				t.Fatalf("error %v has no field or no problem", err)
			}
			if text := string(fields["content"]); isJSON && len(text) > 16 && strings.Contains(err.Error(), text) {
				t.Errorf("the error quotes the content: %v", err)
			}
			return
		}
		id := r.Task.TaskID
		if id == "" || len(id) > announcement.MaxIDBytes || !utf8.ValidString(id) || r.Task.Status != announcement.Queued {
			t.Errorf("%q with status %q was accepted", id, r.Task.Status)
		}
		want := fields["content"]
		if fields["metadata"] == nil {
			want = message // from before 1.0
		}
		if isJSON && !bytes.Equal(r.Content, want) {
			t.Errorf("content is %s, want %s", r.Content, want)
		}
	})
}
