package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
)

// taskEvent is the part of an event that the tests read.
type taskEvent struct {
	ID               string
	Event            string
	TaskID           string `json:"task_id"`
	Error            string
	DeliveryError    string `json:"delivery_error"`
	ImageCount       int    `json:"image_count"`
	Delivered        []string
	DeliveredOmitted int `json:"delivered_omitted"`
	Context          json.RawMessage
}

// subscriber is a queue that is subscribed to the topic of task events, and the events that it received, by task.
type subscriber struct {
	url   *string
	tasks map[string][]taskEvent
}

// newSubscriber subscribes the queue, once for all tests: they look at tasks of their own.
var newSubscriber = sync.OnceValues(func() (*subscriber, error) {
	ctx, name := context.Background(), "subscriber"
	queue, err := local.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name)})
	if err != nil {
		return nil, err
	}
	_, err = local.SNS().Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(local.Outputs[deployment.TaskEventsTopicARN]), Protocol: aws.String("sqs"),
		Endpoint:   aws.String("arn:aws:sqs:" + local.Region + ":000000000000:" + name),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	return &subscriber{queue.QueueUrl, map[string][]taskEvent{}}, err
})

func subscribe(t *testing.T) *subscriber {
	t.Helper()
	start(t)
	s, err := newSubscriber()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// receive receives all messages of the queue. Every message must be an event.
func (s *subscriber) receive(t *testing.T) {
	t.Helper()
	out, err := local.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: s.url, MaxNumberOfMessages: 10, VisibilityTimeout: 3600})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range out.Messages {
		var e taskEvent
		if err := json.Unmarshal([]byte(*message.Body), &e); err != nil || e.ID == "" {
			t.Fatalf("%v: %.200s", err, *message.Body)
		}
		s.tasks[e.TaskID] = append(s.tasks[e.TaskID], e)
	}
}

// await waits for a task's event of a kind.
func (s *subscriber) await(t *testing.T, id, kind string) (found taskEvent) {
	t.Helper()
	await(t, fmt.Sprintf("task %s has the event %s", id, kind), func() bool {
		s.receive(t)
		for _, e := range s.tasks[id] {
			if e.Event == kind {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

func TestEventDelivered(t *testing.T) {
	s, id := subscribe(t), newID(t)
	keys := images(t, id, 2)
	publish(t, completed(id, keys...))
	got := s.await(t, id, "delivered")
	if got.ImageCount != 2 || strings.Join(got.Delivered, " ") != deliveredURI(keys[0])+" "+deliveredURI(keys[1]) ||
		string(got.Context) != `{"user":"u-17"}` {
		t.Errorf("got %+v", got)
	}
}

func TestEventTaskFailed(t *testing.T) {
	s, id := subscribe(t), newID(t)
	reason := "said \"no\"\nat step 7 😀 \\ <b>"
	report, _ := json.Marshal(map[string]string{"error": reason})
	upload(t, id+".out", report)
	publish(t, fmt.Sprintf(`{"id":%q,"runtime":"sdruntime","status":"failed","result":false,"context":{"user":7},`+
		`"output_url":"s3://%s/%s.out"}`, id, local.Outputs[deployment.OutputBucket], id))
	if got := s.await(t, id, "task_failed"); got.Error != reason || string(got.Context) != `{"user":7}` {
		t.Errorf("got %+v", got)
	}
}

// TestEventAfterRedrive: a failed delivery publishes an event, and so does the redrive that repairs it.
func TestEventAfterRedrive(t *testing.T) {
	s, id := subscribe(t), newID(t)
	purge(t)
	key := "output/" + id + "/late.png"
	publish(t, completed(id, key))
	failed := s.await(t, id, "delivery_failed")
	if !strings.Contains(failed.DeliveryError, "NoSuchKey") || failed.Delivered == nil {
		t.Errorf("got %+v", failed)
	}
	await(t, "there is a dead letter", func() bool { return size(t, local.Outputs[deliverQueue]) == 1 })
	upload(t, key, []byte("late"))
	if counts := callRedrive(t, deadletter.Request{Queue: "deliver"}).Queues["deliver"]; counts.Redriven != 1 {
		t.Errorf("got %+v", counts)
	}
	if got := s.await(t, id, "delivered"); len(got.Delivered) != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestEventSNSFails: while SNS fails, the item is still written, and Lambda's retry publishes the event.
func TestEventSNSFails(t *testing.T) {
	s, id := subscribe(t), newID(t)
	purge(t)
	const attempts = 4 // of one invocation
	proxies["SNS"].Inject(faultproxy.Fault{Times: attempts, Do: faultproxy.Reply(500, "text/xml", "<ErrorResponse/>")})
	publish(t, completed(id, images(t, id, 1)...))
	s.await(t, id, "delivered")
	if left := size(t, local.Outputs[deliverQueue]); left != 0 {
		t.Errorf("%d dead letters", left)
	}
	lines := logLines(t, deliverFunction, id)
	if len(lines) != 2 || !strings.Contains(fmt.Sprint(lines[0]["error"]), "publish") {
		t.Errorf("the log has %v", lines)
	}
}

// TestEventSNSDown: SNS fails for all of an event's attempts, at once rather than after the SDK's retries. The
// redrive of the dead letters publishes what is missing.
func TestEventSNSDown(t *testing.T) {
	s := subscribe(t)
	purge(t)
	end := proxies["SNS"].Inject(faultproxy.Fault{Do: faultproxy.Reply(403, "text/xml", "<ErrorResponse/>")})
	good, bad := newID(t), newID(t)
	publish(t, completed(good, images(t, good, 1)...))
	publish(t, fmt.Sprintf(`{"id":%q,"status":"failed","result":false}`, bad))
	for _, queue := range []string{deliverQueue, recordQueue} {
		await(t, queue+" has a dead letter", func() bool { return size(t, local.Outputs[queue]) == 1 })
	}
	s.receive(t)
	if len(s.tasks[good])+len(s.tasks[bad]) > 0 {
		t.Fatal("events came while SNS was down")
	}
	end()
	callRedrive(t, deadletter.Request{})
	s.await(t, good, "delivered")
	s.await(t, bad, "task_failed")
}

// TestEventOfManyImages: the largest announcement that SNS accepts also results in an event.
func TestEventOfManyImages(t *testing.T) {
	s, id := subscribe(t), newID(t)
	keys := images(t, id, 200)
	message := []byte(completed(id, keys...))
	room := 256<<10 - len(message)
	context := strings.Repeat("c", room-len(`""`)+len(`{"user":"u-17"}`))
	publish(t, string(bytes.Replace(message, []byte(`{"user":"u-17"}`), []byte(`"`+context+`"`), 1)))
	got := s.await(t, id, "delivered")
	if len(got.Delivered)+got.DeliveredOmitted != len(keys) || string(got.Context) != `"`+context+`"` {
		t.Errorf("it has %d objects, %d omitted, and a context of %d bytes",
			len(got.Delivered), got.DeliveredOmitted, len(got.Context))
	}
}
