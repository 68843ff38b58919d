package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/tasktable"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// fixture is a handler with a real table. Its clock shows 1.5 seconds after noon.
type fixture struct {
	*Handler
	table *localtest.TaskTable
	log   *bytes.Buffer
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	f := fixture{table: localtest.Table(t), log: &bytes.Buffer{}}
	f.Handler = &Handler{
		Table: &tasktable.Table{Client: f.table.Client, Name: f.table.Name},
		Log:   slog.New(slog.NewJSONHandler(f.log, nil)),
		Now:   func() time.Time { return noon.Add(1500 * time.Millisecond) },
		Environment: environment.Record{
			Metrics: environment.Metrics{Namespace: "test"}, Runtimes: []string{"sdruntime"},
		},
	}
	return f
}

func event(messages ...string) events.SNSEvent {
	var e events.SNSEvent
	for i, message := range messages {
		e.Records = append(e.Records, events.SNSEventRecord{SNS: events.SNSEntity{
			MessageID: fmt.Sprint("m", i), Timestamp: noon, Message: message}})
	}
	return e
}

// lines returns the log's lines, parsed.
func (f fixture) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for text := range strings.Lines(f.log.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, line)
	}
	return lines
}

func (f fixture) task(t *testing.T, id string) tasktable.Task {
	t.Helper()
	task, err := f.Table.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestHandle(t *testing.T) {
	done := []string{`{"id":"a","result":true}`}
	huge := `{"id":"a","result":true,"context":"` + strings.Repeat("x", 400<<10) + `"}`
	for name, test := range map[string]struct {
		first   []string // what was recorded before
		message string
		outcome string
		metric  string
		runtime any // of the metric; nil for none
	}{
		"OK":               {nil, `{"id":"a","result":true,"runtime":"sdruntime"}`, "recorded", "Recorded", "sdruntime"},
		"OKOtherRuntime":   {nil, `{"id":"a","result":true,"runtime":"a stranger's"}`, "recorded", "Recorded", "other"},
		"OKNoRuntime":      {nil, `{"id":"a","result":true}`, "recorded", "Recorded", "none"},
		"OKContextOmitted": {nil, huge, "recorded", "ContextOmitted", "none"},
		"OKDuplicate":      {done, `{"id":"a","result":true}`, "duplicate", "Duplicate", nil},
		"OKStartAfterEnd":  {done, `{"id":"a","status":"running"}`, "", "Stale", nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for _, message := range test.first {
				if err := f.Handle(t.Context(), event(message)); err != nil {
					t.Fatal(err)
				}
			}
			f.log.Reset()
			e := event(test.message)
			if test.outcome == "" { // published before, by another message
				test.outcome = "start_recorded"
				e.Records[0].SNS.MessageID, e.Records[0].SNS.Timestamp = "earlier", noon.Add(-time.Second)
			}
			if err := f.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			if status := f.task(t, "a").Status; status != announcement.Completed {
				t.Errorf("the task is %s", status)
			}
			line := f.lines(t)[0]
			if line["outcome"] != test.outcome || line[test.metric] != 1.0 || line["Runtime"] != test.runtime {
				t.Errorf("the log says %v", line)
			}
		})
	}
}

// TestConcurrentInvocations share a handler, as aws-lambda-go allows where a sandbox has
// several. The race detector watches.
func TestConcurrentInvocations(t *testing.T) {
	const tasks, invocations = 3, 30
	f := newFixture(t)
	var all sync.WaitGroup
	for n := range invocations {
		message := fmt.Sprintf(`{"id":"t%d","result":true,"runtime":"r%d","context":{"n":[1e-7]},"other":"x"}`, n%tasks, n)
		if n < tasks {
			message = fmt.Sprintf(`{"id":"t%d","status":"running"}`, n)
		}
		all.Go(func() {
			e := event(message)
			e.Records[0].SNS.MessageID = fmt.Sprint("m", n)
			if err := f.Handle(t.Context(), e); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if lines := f.lines(t); len(lines) != invocations {
		t.Errorf("the log has %d lines", len(lines))
	}
	for n := range tasks {
		if task := f.task(t, fmt.Sprint("t", n)); task.Status != announcement.Completed || task.StartedAt.IsZero() {
			t.Errorf("got %+v", task)
		}
	}
}

func TestLatency(t *testing.T) {
	f := newFixture(t)
	if err := f.Handle(t.Context(), event(`{"id":"a","status":"running"}`)); err != nil {
		t.Fatal(err)
	}
	line := f.lines(t)[0]
	if line["PublishedToRecorded"] != 1500.0 || line["level"] != "INFO" || line["duration_ms"] != 0.0 {
		t.Errorf("the log says %v", line)
	}
}

// TestInvalid: a message that is not an announcement is an error of kind Invalid,
// and the event's other messages are still recorded.
func TestInvalid(t *testing.T) {
	f := newFixture(t)
	err := f.Handle(t.Context(), event("Hello!", `{"id":"b","result":false}`))
	if failure.KindOf(err) != failure.Invalid || !strings.Contains(err.Error(), "is not JSON") {
		t.Errorf("error is %v", err)
	}
	if status := f.task(t, "b").Status; status != announcement.Failed {
		t.Errorf("the other task is %s", status)
	}
	if line := f.lines(t)[0]; line["outcome"] != "invalid" || line["Invalid"] != 1.0 || line["level"] != "ERROR" {
		t.Errorf("the log says %v", line)
	}
}

// TestTableFails: DynamoDB's error is returned so that Lambda retries, and has no
// metric: the AWS/Lambda metric Errors counts it.
func TestTableFails(t *testing.T) {
	f := newFixture(t)
	f.table.Proxy.Inject(faultproxy.Fault{Do: faultproxy.Reply(400, "application/x-amz-json-1.0",
		`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"}`)})
	err := f.Handle(t.Context(), event(`{"id":"a","result":true}`))
	if failure.KindOf(err) != failure.Other || !strings.Contains(err.Error(), `record task "a"`) {
		t.Errorf("error is %v", err)
	}
	if line := f.lines(t)[0]; line["outcome"] != "error" || line["_aws"] != nil || line["error"] != err.Error() {
		t.Errorf("the log says %v", line)
	}
}

// TestBootstrap runs the compiled function. With the environment that the CDK app
// encodes, the function records; without it, the function logs what is missing.
func TestBootstrap(t *testing.T) {
	bootstrap := localtest.Bootstrap(t, "functions/record")
	table := localtest.Table(t)
	const days = 36_500
	settings := environment.Record{
		Table:   environment.Table{TaskTable: table.Name, RetentionDays: days},
		Metrics: environment.Metrics{Namespace: "test"},
	}
	payload, err := json.Marshal(event(`{"id":"a","result":true}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("OK", func(t *testing.T) {
		variables := environment.Encode(settings)
		variables["AWS_ENDPOINT_URL_DYNAMODB"] = table.Proxy.URL
		functions := localtest.Functions(t, lambdahost.Function{Bootstrap: bootstrap, Environment: variables})
		if out := invoke(t, functions, payload); out.FunctionError != nil || string(out.Payload) != "null" {
			t.Fatalf("%s: %s", aws.ToString(out.FunctionError), out.Payload)
		}
		task, err := (&tasktable.Table{Client: table.Client, Name: table.Name}).Get(t.Context(), "a")
		if err != nil || task.Status != announcement.Completed || !task.ExpiresAt.Equal(noon.AddDate(0, 0, days)) {
			t.Errorf("got %+v, %v", task, err)
		}
		out := invoke(t, functions, []byte(`{}`))
		if !strings.Contains(string(out.Payload), `"errorType":"not_an_event"`) {
			t.Errorf("an event without records is answered with %s", out.Payload)
		}
		if log := functions.Log.String(); !strings.Contains(log, `"threads":1}`) { // it has 128 MB
			t.Errorf("the log says %s", log)
		}
	})
	t.Run("ErrNoEnvironment", func(t *testing.T) {
		functions := localtest.Functions(t, lambdahost.Function{Bootstrap: bootstrap})
		if out := invoke(t, functions, payload); out.FunctionError == nil {
			t.Errorf("got %s", out.Payload)
		}
		if !strings.Contains(functions.Log.String(), "METRIC_NAMESPACE is missing") {
			t.Errorf("the log says %s", functions.Log)
		}
	})
}

func invoke(t *testing.T, functions *localtest.Lambda, payload []byte) *lambda.InvokeOutput {
	t.Helper()
	out, err := functions.Client.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String("record"), Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
