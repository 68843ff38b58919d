package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/shared/deployment"
)

type attributes map[string]string

// TestMessageVersions announces tasks in every format the guidance has had.
func TestMessageVersions(t *testing.T) {
	start(t)
	const urls = `"image_url":["s3://%[2]s/output/%[1]s-1.png"],"output_url":"s3://%[2]s/%[1]s.out"`
	for name, test := range map[string]struct {
		message string // with %[1]s for the id and %[2]s for the bucket
		want    attributes
	}{
		"v1 completed": {
			`{"id":"%[1]s","result":true,` + urls + `,"context":{"abc":123}}`,
			attributes{"status": "completed", "result": "true", "runtime": "", "delivery_status": "delivered"},
		},
		"v2 completed": {
			`{"id":"%[1]s","result":true,"runtime":"sdruntime",` + urls + `,"context":{"abc":123}}`,
			attributes{"status": "completed", "result": "true", "runtime": "sdruntime", "delivery_status": "delivered"},
		},
		"v3 completed": {
			`{"runtime":"sdruntime","id":"%[1]s","result":true,"status":"completed",` + urls +
				`,"context":{"order":9007199254740993}}`,
			attributes{"status": "completed", "result": "true", "runtime": "sdruntime", "delivery_status": "delivered"},
		},
		"v3 failed": {
			`{"runtime":"comfyui","id":"%[1]s","result":false,"status":"failed","output_url":"s3://%[2]s/%[1]s.out"}`,
			attributes{"status": "failed", "result": "false", "runtime": "comfyui", "error": "Runtime handler failed"},
		},
		"v0 completed": {
			`{"images":[""],"parameters":{"id_task":"%[1]s","status":1,"image_url":"s3://%[2]s/output/%[1]s-1.png"},"info":""}`,
			attributes{"status": "completed", "result": "true", "runtime": "", "delivery_status": "delivered"},
		},
		"not JSON": {
			`{"runtime":"sdruntime","id":"%[1]s","result":true,` + urls + `,"context":{"cfg":Infinity}}`,
			attributes{"status": "completed", "context_json": `{"cfg":Infinity}`, "delivery_status": "delivered"},
		},
		"running": {
			`{"runtime":"sdruntime","id":"%[1]s","status":"running","context":{"user":"u-17"}}`,
			attributes{"status": "running", "result": "", "runtime": "sdruntime", "delivery_status": "", "finished_at": ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID(t)
			key := "output/" + id + "-1.png"
			upload(t, key, []byte("image of "+id))
			upload(t, id+".out", []byte(`{"error": "Runtime handler failed"}`))
			messageID := publish(t, fmt.Sprintf(test.message, id, local.Outputs[deployment.OutputBucket]))
			awaitItem(t, id, "message_id", messageID)
			got := awaitItem(t, id, "delivery_status", test.want["delivery_status"])
			for attribute, want := range test.want {
				if got.text(attribute) != want {
					t.Errorf("%s is %q, want %q", attribute, got.text(attribute), want)
				}
			}
			if test.want["delivery_status"] != "delivered" {
				return
			}
			wantDelivered(t, key, []byte("image of "+id))
			if got.text("delivered") != deliveredURI(key) {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestManyImages delivers several images at once, in the order announced.
func TestManyImages(t *testing.T) {
	start(t)
	id := newID(t)
	var keys, uris []string
	for n := range 40 {
		key := fmt.Sprintf("output/%s/100%% odd #%d?.png", id, n)
		upload(t, key, []byte(key))
		keys, uris = append(keys, key), append(uris, deliveredURI(key))
	}
	publish(t, completed(id, keys...))
	got := awaitItem(t, id, "delivery_status", "delivered")
	if got.text("delivered") != strings.Join(uris, " ") {
		t.Errorf("delivered is %q", got.text("delivered"))
	}
	for _, key := range keys {
		wantDelivered(t, key, []byte(key))
	}
}

// TestMissingImage: the other images are still delivered, and the event goes to the
// dead-letter queue, from which it can be redriven once the image is back.
func TestMissingImage(t *testing.T) {
	start(t)
	id := newID(t)
	there, gone := "output/"+id+"/there.png", "output/"+id+"/gone.png"
	upload(t, there, []byte("there"))
	publish(t, completed(id, gone, there))
	letter := awaitLetter(t, deliverQueue, id)
	reason := attribute(letter, "ErrorMessage")
	if !strings.Contains(reason, gone) || !strings.Contains(reason, "NoSuchKey") {
		t.Errorf("ErrorMessage is %q", reason)
	}
	got := awaitItem(t, id, "delivery_status", "failed")
	if got.text("delivered") != deliveredURI(there) || got.text("delivered_at") != "" {
		t.Errorf("got %v", got)
	}
	if reason := got.text("delivery_error"); !strings.Contains(reason, gone) {
		t.Errorf("delivery_error is %q", reason)
	}
	wantDelivered(t, there, []byte("there"))
}

// TestMalformed sends messages that are not announcements: they must end in record's
// dead-letter queue, unmodified and with a reason.
func TestMalformed(t *testing.T) {
	start(t)
	for name, test := range map[string]struct{ message, want string }{
		"not JSON":        {message: "Hello %s!", want: "is not JSON"},
		"not an object":   {message: `["%s"]`, want: "not an object"},
		"no id":           {message: `{"result":false,"note":"%s"}`, want: "id is missing"},
		"id a list":       {message: `{"id":[7],"result":false,"note":"%s"}`, want: "id must be"},
		"result a string": {message: `{"id":"%s","result":"yes"}`, want: "result must be true or false"},
		"no outcome":      {message: `{"id":"%s"}`, want: "status and result are both missing"},
	} {
		t.Run(name, func(t *testing.T) {
			marker := newID(t)
			messageID := publish(t, fmt.Sprintf(test.message, marker))
			letter := awaitLetter(t, recordQueue, marker)
			if !strings.Contains(attribute(letter, "ErrorMessage"), test.want) {
				t.Errorf("ErrorMessage is %q, want it to say %q", attribute(letter, "ErrorMessage"), test.want)
			}
			if attribute(letter, "ErrorCode") != "200" || attribute(letter, "RequestID") == "" {
				t.Errorf("attributes are %v", letter.MessageAttributes)
			}
			if !strings.Contains(*letter.Body, messageID) || !strings.Contains(*letter.Body, `"EventSource":"aws:sns"`) {
				t.Errorf("the body is not the event: %s", *letter.Body)
			}
		})
	}
}

func TestPermissionRemoved(t *testing.T) {
	start(t)
	defer forbid(recordFunction)()
	id := newID(t)
	publish(t, running(id))
	letter := awaitLetter(t, recordSubscriptionQueue, id)
	if !strings.Contains(*letter.Body, `"Type":"Notification"`) {
		t.Errorf("the body is not SNS's notification: %s", *letter.Body)
	}
	if got := getItem(t, id); got != nil {
		t.Errorf("the task was recorded: %v", got)
	}
}

// TestInvokeAPI calls a function as an operator would with the SDK.
func TestInvokeAPI(t *testing.T) {
	start(t)
	out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(local.Outputs[recordFunction]), Payload: []byte(`{}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(out.FunctionError) == "" || !strings.Contains(string(out.Payload), "no SNS records") {
		t.Errorf("got %s: %s", aws.ToString(out.FunctionError), out.Payload)
	}
}

// TestLogsAreJSON: all log lines are JSON, also those of a failed invocation.
func TestLogsAreJSON(t *testing.T) {
	start(t)
	marker := newID(t)
	event := fmt.Sprintf(`{"Records":[{"Sns":{"MessageId":"%s","Timestamp":"2026-01-01T00:00:00Z","Message":"no JSON"}}]}`,
		marker)
	out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(local.Outputs[recordFunction]), Payload: []byte(event)})
	if err != nil || aws.ToString(out.FunctionError) == "" {
		t.Fatalf("got %v, %v", out, err)
	}
	awaitLine(t, recordFunction, marker)
	data, err := os.ReadFile(filepath.Join(local.LogsDir, local.Outputs[recordFunction]+".log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

// TestLogs checks what an invocation logs: one line of JSON.
func TestLogs(t *testing.T) {
	start(t)
	id := newID(t)
	publish(t, running(id))
	awaitItem(t, id, "status", "running")
	path := filepath.Join(local.LogsDir, local.Outputs[recordFunction]+".log")
	var lines []string
	await(t, "the log has a line of task "+id, func() bool {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines = nil
		for line := range strings.Lines(string(data)) {
			if strings.Contains(line, id) {
				lines = append(lines, line)
			}
		}
		return len(lines) > 0
	})
	if len(lines) != 1 {
		t.Fatalf("the log has %d lines of the task: %q", len(lines), lines)
	}
	for _, want := range []string{`"task_id":"` + id + `"`, `"message_id":"`, `"outcome":"recorded"`, `"duration_ms":`} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("the line has no %s: %s", want, lines[0])
		}
	}
}
