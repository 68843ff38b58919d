// Package e2e drives the local stack as users do: announcements go in by SNS,
// the compiled functions run, and the table, the buckets and the queues are
// looked at. Proxies stand between the functions and their servers.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/stack"
)

// patience is how long a test waits for what must come true.
const patience = time.Minute

var (
	local   *stack.Stack
	proxies = map[string]*faultproxy.Proxy{} // by service
	root    string
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if root, err = filepath.Abs("../../.."); err != nil {
		return 0, err
	}
	state, err := os.MkdirTemp("", "sd-e2e-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(state)
	local, err = stack.Start(context.Background(), stack.Options{
		Root: root, StateDir: filepath.Join(state, "stack"), RetryDelay: 50 * time.Millisecond,
		AccessKey: "local", SecretKey: "local-secret",
		FunctionEndpoint: func(service, endpoint string) string {
			if proxies[service] == nil { // one for all functions
				proxy, err := faultproxy.Start(endpoint)
				if err != nil {
					panic(err)
				}
				proxies[service] = proxy
			}
			return proxies[service].URL
		},
	})
	if err != nil {
		return 0, fmt.Errorf("start the local stack (make test prepares what it needs): %w", err)
	}
	defer local.Close()
	return m.Run(), nil
}

var ids atomic.Int64

// newID makes a task's id that no other test uses.
func newID(t *testing.T) string {
	return fmt.Sprintf("%s-%d", strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()), ids.Add(1))[max(0, len(t.Name())-50):]
}

func publish(t *testing.T, message string) (messageID string) {
	t.Helper()
	out, err := local.SNS().Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(local.Outputs["TopicArn"]), Message: aws.String(message)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.MessageId
}

// completed is a v3 announcement of a completed task with images at keys.
func completed(id string, keys ...string) string {
	urls := make([]string, len(keys))
	for i, key := range keys {
		urls[i] = "s3://" + local.Outputs["OutputBucket"] + "/" + key
	}
	message, _ := json.Marshal(map[string]any{
		"runtime": "sdruntime", "id": id, "result": true, "status": "completed", "image_url": urls,
		"output_url": "s3://" + local.Outputs["OutputBucket"] + "/output/" + id + ".out", "context": map[string]string{"user": "u-17"},
	})
	return string(message)
}

func running(id string) string {
	return fmt.Sprintf(`{"runtime":"sdruntime","id":%q,"status":"running","context":{"user":"u-17"}}`, id)
}

type item map[string]types.AttributeValue

func getItem(t *testing.T, id string) item {
	t.Helper()
	out, err := local.DynamoDB().GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(local.Outputs["TaskTable"]), ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: id}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Item
}

// text is an attribute as a string: S, N and BOOL as they are, L joined by
// spaces, "" if it is absent.
func (i item) text(name string) string {
	switch v := i[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberBOOL:
		return fmt.Sprint(v.Value)
	case *types.AttributeValueMemberL:
		var elements []string
		for _, element := range v.Value {
			elements = append(elements, item{"": element}.text(""))
		}
		return strings.Join(elements, " ")
	}
	return ""
}

// await waits until a condition holds, and fails the test if it never does.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	awaitFor(t, patience, what, condition)
}

func awaitFor(t *testing.T, patience time.Duration, what string, condition func() bool) {
	t.Helper()
	pace := 5 * time.Millisecond // of asking, not a wait for work
	for deadline := time.Now().Add(patience); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %v", what, patience)
		}
		time.Sleep(pace)
		pace = min(2*pace, 200*time.Millisecond)
	}
}

// awaitItem waits until an attribute of a task's item has a value.
func awaitItem(t *testing.T, id, attribute, want string) item {
	t.Helper()
	var got item
	await(t, fmt.Sprintf("task %s has %s %q", id, attribute, want), func() bool {
		got = getItem(t, id)
		return got.text(attribute) == want
	})
	return got
}

func upload(t *testing.T, key string, body []byte) {
	t.Helper()
	_, err := local.S3().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(local.Outputs["OutputBucket"]), Key: aws.String(key), Body: bytes.NewReader(body),
		ContentType: aws.String("image/png"), CacheControl: aws.String("max-age=60"),
		ContentDisposition: aws.String("inline"), Metadata: map[string]string{"seed": "42"}, Tagging: aws.String("project=demo&a%20b=c"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func wantDelivered(t *testing.T, key string, body []byte) {
	t.Helper()
	out, err := local.S3().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(local.Outputs["DeliveryBucket"]), Key: aws.String(key)})
	if err != nil {
		t.Errorf("object %q: %v", key, err)
		return
	}
	got, err := io.ReadAll(out.Body)
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("object %q has %d bytes, want %d: %v", key, len(got), len(body), err)
	}
	wantMetadata(t, key, out)
}

// wantMetadata checks that a delivered object has what upload gave its source.
func wantMetadata(t *testing.T, key string, out *s3.GetObjectOutput) {
	t.Helper()
	if aws.ToString(out.ContentType) != "image/png" || aws.ToString(out.CacheControl) != "max-age=60" ||
		aws.ToString(out.ContentDisposition) != "inline" || out.Metadata["seed"] != "42" {
		t.Errorf("object %q lost metadata: %v %v %v %v", key, aws.ToString(out.ContentType), aws.ToString(out.CacheControl),
			aws.ToString(out.ContentDisposition), out.Metadata)
	}
	tags, err := local.S3().GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: aws.String(local.Outputs["DeliveryBucket"]), Key: aws.String(key)})
	if err != nil || len(tags.TagSet) != 2 {
		t.Errorf("object %q has tags %v, %v", key, tags, err)
	}
}

func deliveredURI(key string) string { return "s3://" + local.Outputs["DeliveryBucket"] + "/" + key }

// awaitLetter waits for a dead letter whose body contains a piece of text, and
// takes it out of the queue.
func awaitLetter(t *testing.T, queue, contains string) sqstypes.Message {
	t.Helper()
	url := aws.String(local.Outputs[queue])
	var found sqstypes.Message
	await(t, fmt.Sprintf("%s has a dead letter with %q", queue, contains), func() bool {
		out, err := local.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, VisibilityTimeout: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range out.Messages {
			if strings.Contains(*message.Body, contains) {
				found = message
				if _, err := local.SQS().DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: message.ReceiptHandle}); err != nil {
					t.Fatal(err)
				}
				return true
			}
		}
		return false
	})
	return found
}

func attribute(message sqstypes.Message, name string) string {
	return aws.ToString(message.MessageAttributes[name].StringValue)
}
