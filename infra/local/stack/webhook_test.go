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

// newSNS returns a client of the local SNS behind webhooks, and a topic.
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

// endpoint confirms its subscription and records notifications. It refuses the first notification.
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

func TestWebhookRefuses(t *testing.T) {
	s := newMessagingStack(t)
	hooks := &webhooks{stack: s, server: loopback.Proxy(s.Endpoints["SNS"])}
	asked := make(chan bool, 1)
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- true }))
	t.Cleanup(endpoint.Close)
	subscribe := "Action=Subscribe&Protocol=http&TopicArn=arn:aws:sns:us-east-1:000000000000:none&Endpoint=" + endpoint.URL
	confirm := func() {}
	hooks.tokens.Store("token", confirm)
	for _, test := range []struct {
		name, method, target, body, authorization string
		want                                      int
	}{
		{"ErrUnsigned", "POST", "/", subscribe, "", http.StatusForbidden},
		{"ErrNoTopic", "POST", "/", subscribe, "AWS4-HMAC-SHA256 Credential=test/20260101/", http.StatusNotFound},
		{"OKConfirmed", "GET", "/?Action=ConfirmSubscription&Token=token", "", "", http.StatusOK},
		{"ErrConfirmedTwice", "GET", "/?Action=ConfirmSubscription&Token=token", "", "", http.StatusBadRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(test.method, test.target, strings.NewReader(test.body))
			r.Header.Set("Authorization", test.authorization)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			answer := httptest.NewRecorder()
			if hooks.ServeHTTP(answer, r); answer.Code != test.want {
				t.Errorf("got %d: %s", answer.Code, answer.Body)
			}
		})
	}
	s.bridging.Wait()
	if len(asked) != 0 {
		t.Error("an endpoint is asked to confirm a subscription that does not exist")
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
