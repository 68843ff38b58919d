package tasks

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/tasktable"
)

// TestEarlierRuns: of a task that was generated again, earlier images are shown, or why they are not known.
func TestEarlierRuns(t *testing.T) {
	h := operatortest.NewHistory(t)
	store := localtest.Buckets(t, "images")
	t.Setenv("AWS_ENDPOINT_URL_S3", store.Proxy.URL)
	h.Surroundings.Variables = append(h.Surroundings.Variables, "DELIVERY_BUCKET=images")
	for _, name := range []string{"a-0f3c-1.png", "a-0f3c-2.png", "a-9a41-1.png", "a-b-1234-1.png"} {
		store.Put(t, "images", "out/a/"+name, "an image")
	}
	h.Record(2*time.Minute, `{"id":"a","result":true,"image_url":["s3://from/out/a/a-0f3c-1.png"]}`)
	a := h.Record(time.Minute, `{"id":"a","result":true,"image_url":["s3://from/out/a/a-9a41-1.png"]}`)
	h.Deliver(a, 0, tasktable.Delivery{Status: tasktable.Delivered, URIs: []string{"s3://images/out/a/a-9a41-1.png"}})
	got := run(h, "get", "a")
	const want = "objects of earlier runs:\n  s3://images/out/a/a-0f3c-1.png\n  s3://images/out/a/a-0f3c-2.png\n"
	if got.Code != 0 || !strings.Contains(got.Out, want) || strings.Contains(got.Out, "a-b-1234") {
		t.Errorf("exit code %d: %s%s", got.Code, got.Progress, got.Out)
	}
	if got := run(h, "get", "a", "--links"); strings.Count(got.Out, "X-Amz-Signature") != 3 {
		t.Errorf("got %s%s", got.Progress, got.Out)
	}
	h.Surroundings.Variables = append(h.Surroundings.Variables, `SETTINGS={"deliveryPrefix":"{context.user}/{date}/"}`)
	store.Put(t, "images", "u-17/"+operatortest.Noon.Format(time.DateOnly)+"/out/b/b-0f3c-1.png", "an image")
	for run, ago := range map[string]time.Duration{"0f3c": 2 * time.Minute, "9a41": time.Minute} {
		h.Record(ago, `{"id":"b","result":true,"output_url":"s3://from/out/b/b-`+run+`.out","context":{"user":"u-17"}}`)
	}
	if got := run(h, "get", "b"); !strings.Contains(got.Out, "/out/b/b-0f3c-1.png\n") {
		t.Errorf("not delivered: exit code %d: %s%s", got.Code, got.Progress, got.Out)
	}
	store.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(http.StatusForbidden, "application/xml",
		`<Error><Code>AccessDenied</Code><Message>no</Message></Error>`)})
	got = run(h, "get", "a")
	if got.Code != 0 || !strings.Contains(got.Out, "not known: list bucket images: access denied") {
		t.Errorf("exit code %d: %s%s", got.Code, got.Progress, got.Out)
	}
}

// TestErrSearch: if the search for an id fails, that is the error: the task may exist.
func TestErrSearch(t *testing.T) {
	h := operatortest.NewHistory(t)
	h.Proxy.Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return r.Operation == "Query" },
		Do: faultproxy.Reply(http.StatusBadRequest, "application/x-amz-json-1.0",
			`{"__type":"AccessDeniedException","message":"no"}`),
	})
	got := run(h, "get", "cra")
	if got.Code != 1 || !strings.Contains(got.Progress, ": access denied") {
		t.Errorf("exit code %d: %s%s", got.Code, got.Progress, got.Out)
	}
}

// TestManyTasks: where there are more tasks than a search reads, it says so.
func TestManyTasks(t *testing.T) {
	endless, _ := newEndless(t, 3000)
	table := &tasktable.Table{Client: dynamodb.NewFromConfig(localtest.Config(endless.url)), Name: "tasks"}
	for prefix, want := range map[string]string{
		"completed-0": "Task completed-0, the only match among the newest 1000 tasks:\n",
		"other":       "no such task, and no id among the newest 1000 tasks begins with it",
	} {
		t.Run(prefix, func(t *testing.T) {
			var progress strings.Builder
			p := output.NewPrinter(command.Terminal{Out: io.Discard, Progress: &progress}, time.Now)
			_, err := find(t.Context(), p, table, prefix, operatortest.Noon, 1000)
			if got := progress.String() + fmt.Sprint(err); !strings.Contains(got, want) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// TestPrefix: the beginning of an id finds a task if no other id begins with it.
func TestPrefix(t *testing.T) {
	h := operatortest.NewHistory(t)
	for prefix, want := range map[string]struct {
		code int
		text string
	}{
		"cra":   {0, "Task crash:\n"},
		"d":     {1, "2 ids begin with d, such as denied, done: type more of the id"},
		"other": {1, `get task "other" from table`},
		"done":  {0, ""},
	} {
		got := run(h, "get", prefix)
		if got.Code != want.code || !strings.Contains(got.Progress, want.text) && want.text != "" {
			t.Errorf("%s: exit code %d: %s%s", prefix, got.Code, got.Progress, got.Out)
		}
	}
}
