package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
)

const errorReport = `{"images": [""], "parameters": {"id_task": "a", "status": 0, "error_msg": "HTTPError('500')", ` +
	`"reason": null}}`

// withReports lets the fixture's handler read error reports.
func (f fixture) withReports(t *testing.T) *localtest.ObjectStore {
	t.Helper()
	store := localtest.Buckets(t, "output")
	store.Put(t, "output", "a/a-1.out", errorReport)
	store.Put(t, "output", "a/a-2.out", "")
	store.Put(t, "output", "a/a-3.out", `{"error": "`+strings.Repeat("x", 1<<20))
	store.Put(t, "output", "a/a-1.png", "an image")
	f.Outputs, f.Environment.OutputBucket = s3.NewFromConfig(asDeployed(store.Proxy.URL)), "output"
	return store
}

func TestError(t *testing.T) {
	long := strings.Repeat("x", announcement.MaxErrorBytes-len("…")) + "…"
	for name, test := range map[string]struct {
		message, want string
		requests      int
		unreadable    bool
	}{
		"OK": {`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out"}`,
			"HTTPError('500')", 1, false},
		"OKLongReport":    {`{"id":"a","result":false,"output_url":"s3://output/a/a-3.out"}`, long, 1, false},
		"OKEmptyReport":   {`{"id":"a","result":false,"output_url":"s3://output/a/a-2.out"}`, "", 1, false},
		"ErrMissing":      {`{"id":"a","result":false,"output_url":"s3://output/a/a-4.out"}`, "", 1, true},
		"OKNoReport":      {`{"id":"a","result":false}`, "", 0, false},
		"ErrImage":        {`{"id":"a","result":false,"output_url":"s3://output/a/a-1.png"}`, "", 0, true},
		"ErrOtherBucket":  {`{"id":"a","result":false,"output_url":"s3://secret/a/a-1.out"}`, "", 0, true},
		"OKCompletedTask": {`{"id":"a","result":true,"output_url":"s3://output/a/a-1.out"}`, "", 0, false},
		"OKRunningTask":   {`{"id":"a","status":"running","output_url":"s3://output/a/a-1.out"}`, "", 0, false},
		"OKInTheMessage": {`{"images":[""],"parameters":{"id_task":"a","status":0,"error_msg":"E()"}}`,
			"E()", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			store := f.withReports(t)
			if err := f.Handle(t.Context(), event(test.message)); err != nil {
				t.Fatal(err)
			}
			if got := f.task(t, "a").Error; got != test.want {
				t.Errorf("the item says %q, want %q", got, test.want)
			}
			if got := store.Proxy.Requests(nil); len(got) != test.requests ||
				len(got) > 0 && got[0].Header.Get("Range") != "bytes=0-65535" {
				t.Errorf("requests are %+v", got)
			}
			if line := f.lines(t)[0]; (line["ErrorUnreadable"] == 1.0) != test.unreadable ||
				(line["report"] != nil) != test.unreadable || line["outcome"] != "recorded" {
				t.Errorf("the log says %v", line)
			}
		})
	}
}

// TestErrorIsReadLater: while S3 fails, record stores the status, and the next
// attempt adds the error.
func TestErrorIsReadLater(t *testing.T) {
	f := newFixture(t)
	store := f.withReports(t)
	end := store.Proxy.Inject(faultproxy.Fault{
		Do: faultproxy.Reply(http.StatusBadRequest, "application/xml", `<Error><Code>ExpiredToken</Code></Error>`)})
	failed := event(`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out"}`)
	err := f.Handle(t.Context(), failed)
	if err == nil || errors.Is(err, errUnreadable) || !strings.Contains(err.Error(), "ExpiredToken") {
		t.Errorf("error is %v", err)
	}
	if task := f.task(t, "a"); task.Status != announcement.Failed || task.Error != "" {
		t.Errorf("the item is %+v", task)
	}
	end()
	if err := f.Handle(t.Context(), failed); err != nil {
		t.Fatal(err)
	}
	if task := f.task(t, "a"); task.Error != "HTTPError('500')" {
		t.Errorf("the item is %+v", task)
	}
}

// TestReportIsMissing: without the right to list the bucket, a missing object's answer is AccessDenied.
func TestReportIsMissing(t *testing.T) {
	f := newFixture(t)
	store := f.withReports(t)
	store.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusForbidden, "application/xml",
		`<Error><Code>AccessDenied</Code><Message>User: arn:aws:sts::1:assumed-role/record/record is not authorized to `+
			`perform: s3:ListBucket on resource: "arn:aws:s3:::output"</Message></Error>`)})
	if err := f.Handle(t.Context(), event(`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out"}`)); err != nil {
		t.Fatal(err)
	}
	if got := f.lines(t)[0]["report"]; got != "the output can't be read: s3://output/a/a-1.out does not exist" {
		t.Errorf("the log says %q", got)
	}
}

// TestErrorIsNotWaitedFor: reading the report leaves most of an invocation's 30 s to DynamoDB.
func TestErrorIsNotWaitedFor(t *testing.T) {
	f := newFixture(t)
	f.withReports(t)
	var left time.Duration
	observe := func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ObserveDeadline", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	}
	f.Outputs = s3.New(f.Outputs.Options(), s3.WithAPIOptions(observe))
	if err := f.Handle(t.Context(), event(`{"id":"a","result":false,"output_url":"s3://output/a/a-1.out"}`)); err != nil {
		t.Fatal(err)
	}
	if left <= 0 || left > 10*time.Second {
		t.Errorf("reading the error report may take %v, want at most 10s", left)
	}
}

// TestReruns: the metric counts a rerun by runtime, and in total.
func TestReruns(t *testing.T) {
	f := newFixture(t)
	first := `{"id":"a","result":true,"runtime":"sdruntime","image_url":["s3://b/1"]}`
	second := strings.Replace(first, "s3://b/1", "s3://b/2", 1)
	if err := f.Handle(t.Context(), event(first, second, second)); err != nil {
		t.Fatal(err)
	}
	lines := f.lines(t)
	if lines[0]["Reruns"] != nil || lines[1]["Reruns"] != 1.0 || lines[1]["Runtime"] != "sdruntime" {
		t.Errorf("the log says %v", lines)
	}
}
