package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/announcement"
)

// snsEvent is what SNS invokes a function with, for tests that need a publish
// time, a message id or a repetition of their own.
func snsEvent(messageID string, at time.Time, message string) []byte {
	event, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:us-east-1:000000000000:topic:test",
		"Sns": map[string]any{"Type": "Notification", "MessageId": messageID, "TopicArn": local.Outputs["TopicArn"], "Message": message,
			"Timestamp": announcement.FormatTime(at), "MessageAttributes": map[string]any{}},
	}}})
	return event
}

// send invokes a function asynchronously, as SNS does.
func send(ctx context.Context, function string, event []byte) error {
	_, err := local.Lambda().Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(local.Outputs[function]), InvocationType: lambdatypes.InvocationTypeEvent, Payload: event})
	return err
}

// logLines are a function's log lines that contain a piece of text, parsed.
func logLines(t *testing.T, function, contains string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(local.LogsDir, local.Outputs[function]+".log"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	for line := range strings.Lines(string(data)) {
		var parsed map[string]any
		if strings.HasPrefix(line, "{") && strings.Contains(line, contains) && json.Unmarshal([]byte(line), &parsed) == nil {
			lines = append(lines, parsed)
		}
	}
	return lines
}

// TestLoad sends 2,000 messages over 200 tasks, 50 at a time, a tenth of them
// twice: nothing is lost, every message is accounted for, and each takes one
// write request and nothing else.
func TestLoad(t *testing.T) {
	const tasks, perTask, atATime = 200, 10, 50
	start := time.Now().Add(-time.Hour)
	marker := newID(t)
	proxies["DYNAMODB"].Reset()
	var senders sync.WaitGroup
	slots := make(chan struct{}, atATime)
	for n := range tasks {
		slots <- struct{}{}
		senders.Go(func() {
			defer func() { <-slots }()
			id := fmt.Sprintf("%s-%03d", marker, n)
			for run := range perTask {
				body := running(id)
				if run%2 == 1 {
					body = completed(id)
				}
				event := snsEvent(fmt.Sprintf("%s-%d", id, run), start.Add(time.Duration(run)*time.Second), body)
				for range 1 + min(1, run/(perTask-1)) { // the last one twice
					out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
						FunctionName: aws.String(local.Outputs["RecordFunction"]), Payload: event})
					if err != nil || out.FunctionError != nil {
						t.Errorf("task %s: %v %s", id, err, out.Payload)
					}
				}
			}
		})
	}
	senders.Wait()
	const messages = tasks * (perTask + 1)
	requests := proxies["DYNAMODB"].Requests(nil)
	outcomes := map[string]int{}
	await(t, "every message is logged", func() bool {
		clear(outcomes)
		for _, line := range logLines(t, "RecordFunction", marker) {
			outcomes[line["outcome"].(string)]++
		}
		return outcomes["recorded"]+outcomes["duplicate"]+outcomes["stale"] == messages
	})
	if outcomes["recorded"] != tasks*perTask || outcomes["duplicate"] != tasks {
		t.Errorf("outcomes are %v", outcomes)
	}
	for n := range tasks {
		id := fmt.Sprintf("%s-%03d", marker, n)
		got := getItem(t, id)
		if got.text("message_id") != id+"-9" || got.text("status") != "completed" || got.text("duration_ms") != "1000" {
			t.Errorf("task %s ended as %v", id, got)
		}
	}
	for _, r := range requests {
		if r.Operation != "UpdateItem" {
			t.Errorf("record sent %s", r.Operation)
		}
	}
	t.Logf("%d messages, %v: %.2f write requests a message", messages, outcomes, float64(len(requests))/messages)
	if len(requests) != messages {
		t.Errorf("%d requests for %d messages", len(requests), messages)
	}
}

// TestRecordMetrics looks at the metrics in the log lines.
func TestRecordMetrics(t *testing.T) {
	for name, test := range map[string]struct{ message, metric, runtime string }{
		"recorded":                  {`{"id":"%s","result":true,"runtime":"sdruntime"}`, "Recorded", "sdruntime"},
		"recorded, unknown runtime": {`{"id":"%s","result":true,"runtime":"whatever a stranger sends"}`, "Recorded", "other"},
		"recorded, no runtime":      {`{"id":"%s","result":true}`, "Recorded", "none"},
		"context omitted":           {`{"id":"%s","result":true,"context":"` + strings.Repeat("x", 400<<10) + `"}`, "ContextOmitted", "none"},
	} {
		t.Run(name, func(t *testing.T) {
			id := newID(t)
			if err := send(t.Context(), "RecordFunction", snsEvent(id, time.Now().Add(-time.Second), fmt.Sprintf(test.message, id))); err != nil {
				t.Fatal(err)
			}
			var line map[string]any
			await(t, "the log has the line", func() bool {
				if lines := logLines(t, "RecordFunction", `"`+id+`"`); len(lines) == 1 {
					line = lines[0]
				}
				return line != nil
			})
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

// TestTableThrottles: the SDK's retries bear what passes quickly.
func TestTableThrottles(t *testing.T) {
	defer proxies["DYNAMODB"].Reset()
	proxies["DYNAMODB"].Inject(faultproxy.Fault{Times: 2, Do: faultproxy.Reply(400, "application/x-amz-json-1.0",
		`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`)})
	id := newID(t)
	publish(t, running(id))
	awaitItem(t, id, "status", "running")
	if lines := logLines(t, "RecordFunction", id); len(lines) != 1 || lines[0]["outcome"] != "recorded" {
		t.Errorf("the log has %v", lines)
	}
}
