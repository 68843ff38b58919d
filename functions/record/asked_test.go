package main

import (
	"net/http"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
)

const rawOutput = `{"images": [""], "parameters": {"prompt": "a cat", "seed": -1, "image_seed": "12", "id_task": "a"}}`

func TestAskedByOutput(t *testing.T) {
	for name, test := range map[string]struct {
		message, want string
		requests      int
		unreadable    bool
	}{
		"OK": {`{"id":"a","result":true,"output_url":"s3://output/a/a-5.out"}`, `{"prompt":"a cat","seed":"12"}`, 1, false},
		"OKLost": {`{"id":"a","result":true,"output_url":"s3://output/a/a-5.out","source":"reconcile"}`,
			`{"prompt":"a cat","seed":"12"}`, 1, false},
		"NoneComfyUI":  {`{"id":"a","result":true,"output_url":"s3://output/a/a-6.out"}`, "", 1, false},
		"NoneFailed":   {`{"id":"a","result":false,"output_url":"s3://output/a/a-5.out"}`, "", 0, false},
		"NoneRunning":  {`{"id":"a","status":"running"}`, "", 0, false},
		"NoneNoOutput": {`{"id":"a","result":true}`, "", 0, false},
		"ErrMissing":   {`{"id":"a","result":true,"output_url":"s3://output/a/a-4.out"}`, "", 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			store := f.withReports(t)
			f.Environment.IgnoreErrors, f.Environment.TaskRequests = true, true
			store.Put(t, "output", "a/a-5.out", rawOutput)
			store.Put(t, "output", "a/a-6.out", `{"code": 200}`)
			store.Proxy.Reset()
			if err := f.Handle(t.Context(), event(test.message)); err != nil {
				t.Fatal(err)
			}
			if got := string(f.task(t, "a").Request); got != test.want {
				t.Errorf("the item says %q, want %q", got, test.want)
			}
			if got := len(store.Proxy.Requests(nil)); got != test.requests {
				t.Errorf("%d requests to S3", got)
			}
			line := f.lines(t)[0]
			if (line["ErrorUnreadable"] == 1.0) != test.unreadable || strings.Contains(f.log.String(), "a cat") {
				t.Errorf("the log says %v", line)
			}
		})
	}
}

// TestAskedIsReadLater: while S3 fails, record stores the status, and the next attempt adds the request.
func TestAskedIsReadLater(t *testing.T) {
	f := newFixture(t)
	store := f.withReports(t)
	f.Environment.TaskRequests = true
	store.Put(t, "output", "a/a-5.out", rawOutput)
	end := store.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusServiceUnavailable, "text/xml", "")})
	completed := event(`{"id":"a","result":true,"output_url":"s3://output/a/a-5.out"}`)
	if err := f.Handle(t.Context(), completed); err == nil {
		t.Error("the invocation did not fail")
	}
	if task := f.task(t, "a"); task.Status != announcement.Completed || task.Request != nil {
		t.Errorf("the item is %+v", task)
	}
	end()
	if err := f.Handle(t.Context(), completed); err != nil {
		t.Fatal(err)
	}
	if task := f.task(t, "a"); string(task.Request) != `{"prompt":"a cat","seed":"12"}` {
		t.Errorf("the item is %+v", task)
	}
}

// TestAskedOfRequest: the item keeps the request, whatever the end of the task says, and the log doesn't have it.
func TestAskedOfRequest(t *testing.T) {
	const input = "arn:aws:sns:us-east-1:000000000000:input"
	for keep, want := range map[bool]string{true: `{"task_type":"text-to-image","prompt":"a cat","seed":7}`, false: ""} {
		f := newFixture(t)
		f.Environment.InputTopic, f.Environment.TaskRequests, f.Table.Requests = input, keep, true
		request := event(`{"metadata":{"id":"a","tasktype":"text-to-image"},"content":{"prompt":"a cat","seed":7}}`)
		request.Records[0].SNS.TopicArn = input
		end := event(`{"id":"a","result":true}`)
		end.Records[0].SNS.MessageID = "m1"
		if err := f.Handle(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		if err := f.Handle(t.Context(), end); err != nil {
			t.Fatal(err)
		}
		if task := f.task(t, "a"); string(task.Request) != want || task.Status != announcement.Completed {
			t.Errorf("the item is %+v", task)
		}
		if strings.Contains(f.log.String(), "cat") {
			t.Errorf("the log says %s", f.log)
		}
	}
}
