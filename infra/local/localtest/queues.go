package localtest

import (
	"encoding/json"
	"fmt"
	"path"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/servers/node"
	"sdtasktracker/shared/taskevent"
)

// Messaging is an SNS and SQS server.
type Messaging struct {
	// SQS and SNS call the server through Proxy.
	SQS   *sqs.Client
	SNS   *sns.Client
	Proxy *faultproxy.Proxy
}

// Queues provides an SNS and SQS server, which all tests of the process share.
func Queues(t testing.TB) *Messaging {
	t.Helper()
	proxy := newProxy(t, nodeURL(t, node.Messaging))
	cfg := Config(proxy.URL)
	return &Messaging{SQS: sqs.NewFromConfig(cfg), SNS: sns.NewFromConfig(cfg), Proxy: proxy}
}

// Create creates an empty queue and returns its URL. Its name is unique and begins
// with the given name.
func (m *Messaging) Create(t testing.TB, name string) (url string) {
	t.Helper()
	unique := fmt.Sprintf("%s-%d", name, names.Add(1))
	queue, err := m.SQS.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(unique)})
	if err != nil {
		t.Fatalf("create queue %s: %v", unique, err)
	}
	return *queue.QueueUrl
}

// CreateTopic creates a topic, and a queue that receives its messages without an envelope. With a filter policy, the
// queue receives only messages that match it.
func (m *Messaging) CreateTopic(t testing.TB, filterPolicy string) (topicARN, queueURL string) {
	t.Helper()
	queueURL = m.Create(t, "subscriber")
	name := path.Base(queueURL)
	topic, err := m.SNS.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		t.Fatalf("create topic %s: %v", name, err)
	}
	attributes := map[string]string{"RawMessageDelivery": "true"}
	if filterPolicy != "" {
		attributes["FilterPolicy"] = filterPolicy
	}
	_, err = m.SNS.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Attributes: attributes,
		Endpoint: aws.String("arn:aws:sqs:" + Region + ":000000000000:" + name),
	})
	if err != nil {
		t.Fatalf("subscribe to topic %s: %v", name, err)
	}
	return *topic.TopicArn, queueURL
}

// Events returns a publisher of task events, and a function that reads the events published since its last call. The
// test fails if it doesn't read as many events as wanted.
func (m *Messaging) Events(t testing.TB) (publisher *taskevent.Publisher, read func(want int) []taskevent.Event) {
	t.Helper()
	topicARN, queueURL := m.CreateTopic(t, "")
	return &taskevent.Publisher{Client: m.SNS, TopicARN: topicARN}, func(want int) []taskevent.Event {
		t.Helper()
		var bodies []string
		Await(t, time.Minute, fmt.Sprintf("%d task events", want), func() bool {
			bodies = append(bodies, m.Receive(t, queueURL)...)
			return len(bodies) >= want
		})
		all := make([]taskevent.Event, len(bodies))
		for i, body := range bodies {
			if err := json.Unmarshal([]byte(body), &all[i]); err != nil {
				t.Fatal(err)
			}
		}
		if len(all) != want {
			t.Fatalf("got %d task events, want %d: %+v", len(all), want, all)
		}
		return all
	}
}

// Send sends a message to a queue.
func (m *Messaging) Send(t testing.TB, url, body string) {
	t.Helper()
	_, err := m.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(url), MessageBody: aws.String(body),
	})
	if err != nil {
		t.Fatalf("send to %s: %v", url, err)
	}
}

// Receive takes every visible message, hides it for the queue's visibility
// timeout, and returns the bodies.
func (m *Messaging) Receive(t testing.TB, url string) (bodies []string) {
	t.Helper()
	for {
		out, err := m.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(url), MaxNumberOfMessages: 10,
		})
		if err != nil {
			t.Fatalf("receive from %s: %v", url, err)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, message := range out.Messages {
			bodies = append(bodies, *message.Body)
		}
	}
}
