package stack

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/infra/loopback"
)

// newSNS is a client of the local SNS behind webhooks, and a topic.
func newSNS(t *testing.T) (client *sns.Client, topicARN *string) {
	t.Helper()
	s := newMessagingStack(t)
	front := httptest.NewServer(&webhooks{stack: s, server: loopback.Proxy(s.Endpoints["SNS"])})
	t.Cleanup(front.Close)
	client = sns.NewFromConfig(s.Config, func(o *sns.Options) { o.BaseEndpoint = aws.String(front.URL) })
	topic, err := client.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("events")})
	if err != nil {
		t.Fatal(err)
	}
	return client, topic.TopicArn
}

// endpoint confirms its subscription and keeps what it gets. It refuses the first notification.
func endpoint(t *testing.T) (address string, got <-chan string) {
	t.Helper()
	notifications, refused := make(chan string, 10), false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Amz-Sns-Message-Type") == "SubscriptionConfirmation" {
			var message struct{ SubscribeURL string }
			_ = json.Unmarshal(body, &message)
			go func() { _, _ = http.Get(message.SubscribeURL) }()
			return
		}
		if !refused {
			refused = true
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		notifications <- string(body)
	}))
	t.Cleanup(server.Close)
	return server.URL, notifications
}

func TestWebhook(t *testing.T) {
	client, topic := newSNS(t)
	address, got := endpoint(t)
	_, err := client.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic, Protocol: aws.String("http"), Endpoint: aws.String(address),
		Attributes: map[string]string{"RawMessageDelivery": "true", "FilterPolicy": `{"event":["task_failed"]}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{"delivered", "task_failed"} {
		publishEvent(t, client, topic, message)
	}
	select {
	case message := <-got:
		if message != "task_failed" {
			t.Errorf("got %q", message)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing was delivered")
	}
}

func TestWebhookErrOtherMachine(t *testing.T) {
	client, topic := newSNS(t)
	for _, address := range []string{"https://example.com/hook", "http://10.0.0.1/", "::", ""} {
		_, err := client.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: topic, Protocol: aws.String("https"), Endpoint: aws.String(address)})
		if err == nil || !strings.Contains(err.Error(), "delivers to this machine only") {
			t.Errorf("%q: error is %v", address, err)
		}
	}
}

func publishEvent(t *testing.T, client *sns.Client, topic *string, event string) {
	t.Helper()
	_, err := client.Publish(t.Context(), &sns.PublishInput{
		TopicArn: topic, Message: aws.String(event),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"event": {DataType: aws.String("String"), StringValue: aws.String(event)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}
