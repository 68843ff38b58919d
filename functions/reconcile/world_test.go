package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// noon is when the runs of tests end, and now is when they are compared.
var (
	noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	now  = noon.Add(24 * time.Hour)
)

// world has the guidance's bucket, real servers, the compiled record and deliver
// functions, and a handler.
type world struct {
	*Handler
	store     *localtest.ObjectStore
	table     *localtest.TaskTable
	functions *localtest.Lambda
}

func newWorld(t *testing.T, change func(*environment.Deliver)) *world {
	t.Helper()
	w := &world{store: localtest.Buckets(t, "source", "destination"), table: localtest.Table(t)}
	deliver := environment.Deliver{
		Table: environment.Table{TaskTable: w.table.Name}, Metrics: environment.Metrics{Namespace: "test"},
		OutputBucket: "source", DeliveryBucket: "destination",
	}
	if change != nil {
		change(&deliver)
	}
	run := func(folder string, settings any) lambdahost.Function {
		variables := environment.Encode(settings)
		variables["AWS_ENDPOINT_URL_DYNAMODB"], variables["AWS_ENDPOINT_URL_S3"] = w.table.Proxy.URL, w.store.Proxy.URL
		return lambdahost.Function{Bootstrap: localtest.Bootstrap(t, folder), Environment: variables}
	}
	w.functions = localtest.Functions(t, run("functions/deliver", deliver), run("functions/record", environment.Record{
		Table: deliver.Table, Metrics: deliver.Metrics, OutputBucket: deliver.OutputBucket}))
	names := map[string]string{"record": "record", "deliver": "deliver"}
	client := s3.NewFromConfig(awsclient.Configure(w.store.Config()), longLists)
	w.Handler = &Handler{
		Source: client, Destination: client,
		Table: &tasktable.Table{
			Client: w.table.Client, Name: w.table.Name, Retention: deliver.Retention(),
		},
		Invoker:     &invocation.Invoker{Client: w.functions.Client, Functions: names},
		Environment: environment.Reconcile{Deliver: deliver, Functions: names},
		Log:         slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Now:         func() time.Time { return now },
	}
	return w
}

// end stores a run's objects at its end, and returns the guidance's announcement.
func (w *world) end(t *testing.T, at time.Duration, id, rand string, images int) announcement.Announcement {
	t.Helper()
	a := announcement.Announcement{TaskID: id, Status: announcement.Completed, Runtime: "sdruntime"}
	for n := range images {
		key := fmt.Sprintf("%s/%s-%s-%d.png", id, id, rand, n+1)
		w.store.PutAt(t, noon.Add(at), "source", key, "image "+key)
		a.ImageURLs = append(a.ImageURLs, "s3://source/"+key)
	}
	key := fmt.Sprintf("%s/%s-%s.out", id, id, rand)
	output := `{"parameters":{"error_msg":""}}`
	if images == 0 {
		output, a.Status = `{"code": 500, "error": "it broke"}`, announcement.Failed
	}
	w.store.PutAt(t, noon.Add(at), "source", key, output)
	a.OutputURL, a.PublishedAt = "s3://source/"+key, noon.Add(at+1500*time.Millisecond)
	a.MessageID = "message-" + id + "-" + rand
	return a
}

// announce invokes functions as SNS would.
func (w *world) announce(t *testing.T, a announcement.Announcement, functions ...string) {
	t.Helper()
	event, err := newEvent(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range functions {
		if err := w.Invoker.Invoke(t.Context(), f, event); err != nil {
			t.Fatal(err)
		}
	}
}

// start announces that a task is running.
func (w *world) start(t *testing.T, at time.Duration, id string) {
	t.Helper()
	event := fmt.Sprintf(
		`{"Records":[{"Sns":{"MessageId":%q,"Timestamp":%q,"Message":%q}}]}`,
		fmt.Sprint("start-", id, at),
		announcement.FormatTime(noon.Add(at)),
		fmt.Sprintf(`{"id":%q,"status":"running","runtime":"sdruntime"}`, id),
	)
	if err := w.Invoker.Invoke(t.Context(), "record", []byte(event)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) reconcile(t *testing.T, request reconciliation.Request) reconciliation.Answer {
	t.Helper()
	event, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := w.Handle(t.Context(), event)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (w *world) task(t *testing.T, id string) tasktable.Task {
	t.Helper()
	task, err := w.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}
