package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deployment"
)

func publish(t *testing.T, message string) (messageID string) {
	t.Helper()
	out, err := local.SNS().Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String(local.Outputs[deployment.TopicARN]), Message: aws.String(message),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.MessageId
}

// completed returns a v3 announcement of a completed task with images at these keys.
func completed(id string, keys ...string) string {
	urls := make([]string, len(keys))
	for i, key := range keys {
		urls[i] = "s3://" + local.Outputs[deployment.OutputBucket] + "/" + key
	}
	message, _ := json.Marshal(map[string]any{
		"runtime": "sdruntime", "id": id, "result": true, "status": "completed", "image_url": urls,
		"output_url": "s3://" + local.Outputs[deployment.OutputBucket] + "/output/" + id + ".out",
		"context":    map[string]string{"user": "u-17"},
	})
	return string(message)
}

func running(id string) string {
	return fmt.Sprintf(`{"runtime":"sdruntime","id":%q,"status":"running","context":{"user":"u-17"}}`, id)
}

// snsEvent returns the event with which SNS invokes a function, for tests that choose
// the publish time or the message id, or that repeat an event.
func snsEvent(messageID string, at time.Time, message string) []byte {
	return snsEventOf(local.Outputs[deployment.TopicARN], messageID, at, message)
}

// snsEventOf is snsEvent for another topic.
func snsEventOf(topicARN, messageID string, at time.Time, message string) []byte {
	event, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{
		"EventSource": "aws:sns", "EventVersion": "1.0",
		"EventSubscriptionArn": topicARN + ":test",
		"Sns": map[string]any{
			"Type": "Notification", "MessageId": messageID, "TopicArn": topicARN, "Message": message,
			"Timestamp": announcement.FormatTime(at), "MessageAttributes": map[string]any{},
		},
	}}})
	return event
}

// send invokes a function asynchronously, as SNS does.
func send(ctx context.Context, function string, event []byte) error {
	_, err := local.Lambda().Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(local.Outputs[function]), InvocationType: lambdatypes.InvocationTypeEvent, Payload: event})
	return err
}

// logLines returns a function's parsed log lines that contain a text.
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

// awaitLine waits for the only line of a function's log that contains a text. A function
// logs after it has written the item.
func awaitLine(t *testing.T, function, contains string) map[string]any {
	t.Helper()
	var lines []map[string]any
	await(t, "the log has the line", func() bool {
		lines = logLines(t, function, contains)
		return len(lines) > 0
	})
	if len(lines) != 1 {
		t.Errorf("the log has %v", lines)
	}
	return lines[0]
}
