package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/faultproxy"
)

// TestLoad sends 500 messages for 50 tasks, 50 at a time, a tenth of them twice. No
// message is lost, and each takes one write request and no other request, except for
// retries after a stall of the server.
func TestLoad(t *testing.T) {
	start(t)
	const tasks, perTask, atATime = 50, 10, 50
	start := time.Now().Add(-time.Hour)
	marker := newID(t)
	proxies["DYNAMODB"].Reset()
	var senders sync.WaitGroup
	slots := make(chan struct{}, atATime)
	for n := range tasks {
		slots <- struct{}{}
		senders.Go(func() {
			defer func() { <-slots }()
			sendRuns(t, fmt.Sprintf("%s-%03d", marker, n), start, perTask)
		})
	}
	senders.Wait()
	const messages = tasks * (perTask + 1)
	all, first := proxies["DYNAMODB"].Requests(nil), proxies["DYNAMODB"].Requests(isFirstAttempt)
	outcomes := map[string]int{}
	await(t, "every message is logged", func() bool {
		clear(outcomes)
		for _, line := range logLines(t, recordFunction, marker) {
			outcomes[line["outcome"].(string)]++
		}
		return outcomes["recorded"]+outcomes["duplicate"]+outcomes["stale"] == messages
	})
	// The table may have written what a sandbox gave up on; the repetition is then a duplicate.
	repeated := tasks*perTask - outcomes["recorded"]
	if repeated < 0 || repeated > len(all)-len(first) || outcomes["duplicate"] != tasks+repeated {
		t.Errorf("outcomes are %v", outcomes)
	}
	for n := range tasks {
		id := fmt.Sprintf("%s-%03d", marker, n)
		got := getItem(t, id)
		if got.text("message_id") != id+"-9" || got.text("status") != "completed" || got.text("duration_ms") != "1000" {
			t.Errorf("task %s ended as %v", id, got)
		}
	}
	for _, r := range all {
		if r.Operation != "UpdateItem" {
			t.Errorf("record sent %s", r.Operation)
		}
	}
	t.Logf("%d messages, %v: %.2f write requests a message", messages, outcomes, float64(len(all))/messages)
	const stalls, sandboxes = 5, 10 // each sandbox that lambdahost runs at once may repeat a request
	if len(first) != messages || len(all) > messages+stalls*sandboxes {
		t.Errorf("%d requests, %d of them first attempts, for %d messages", len(all), len(first), messages)
	}
}

// sendRuns hands record a task's announcements, a second apart: it is running and
// completed in turns. The last one comes twice.
func sendRuns(t *testing.T, id string, start time.Time, announcements int) {
	t.Helper()
	for run := range announcements {
		body := running(id)
		if run%2 == 1 {
			body = completed(id)
		}
		event := snsEvent(fmt.Sprintf("%s-%d", id, run), start.Add(time.Duration(run)*time.Second), body)
		for range 1 + run/(announcements-1) { // the last one twice
			out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
				FunctionName: aws.String(local.Outputs[recordFunction]), Payload: event})
			if err != nil {
				t.Errorf("task %s: %v", id, err)
			} else if out.FunctionError != nil {
				t.Errorf("task %s: %s", id, out.Payload)
			}
		}
	}
}

// isFirstAttempt leaves out retries: on a busy machine, the server may take longer than a
// sandbox waits.
func isFirstAttempt(r faultproxy.Request) bool {
	return strings.HasPrefix(r.Header.Get("Amz-Sdk-Request"), "attempt=1;")
}

// TestRecordMetrics checks the metrics in the log lines.
func TestRecordMetrics(t *testing.T) {
	start(t)
	long := strings.Repeat("x", 400<<10)
	for name, test := range map[string]struct{ message, metric, runtime string }{
		"recorded":                  {`{"id":"%s","result":true,"runtime":"sdruntime"}`, "Recorded", "sdruntime"},
		"recorded, unknown runtime": {`{"id":"%s","result":true,"runtime":"whatever a stranger sends"}`, "Recorded", "other"},
		"recorded, no runtime":      {`{"id":"%s","result":true}`, "Recorded", "none"},
		"context omitted":           {`{"id":"%s","result":true,"context":"` + long + `"}`, "ContextOmitted", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID(t)
			event := snsEvent(id, time.Now().Add(-time.Second), fmt.Sprintf(test.message, id))
			if err := send(t.Context(), recordFunction, event); err != nil {
				t.Fatal(err)
			}
			line := awaitLine(t, recordFunction, `"`+id+`"`)
			if line[test.metric] != 1.0 || line["Runtime"] != test.runtime || line["Status"] != "completed" {
				t.Errorf("got %v", line)
			}
			if latency, ok := line["PublishedToRecorded"].(float64); !ok || latency < 1000 || latency > 60_000 {
				t.Errorf("PublishedToRecorded is %v", line["PublishedToRecorded"])
			}
			if _, ok := line["_aws"].(map[string]any); !ok {
				t.Errorf("no _aws in %v", line)
			}
		})
	}
}
