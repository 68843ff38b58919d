package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
)

// subscribed is a topic with a function subscribed, and their dead-letter
// queues.
type subscribed struct {
	*Stack
	queues                       *localtest.Messaging
	topic                        string
	functionDlq, subscriptionDlq string // URLs
}

func newSubscribed(t *testing.T, bootstrap string) subscribed {
	t.Helper()
	queues := localtest.Queues(t)
	s := subscribed{queues: queues, functionDlq: queues.Create(t, "f"), subscriptionDlq: queues.Create(t, "s")}
	name := s.functionDlq[strings.LastIndex(s.functionDlq, "/")+1:]
	topic, err := queues.SNS.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	s.topic = *topic.TopicArn
	s.Stack = &Stack{
		Region: localtest.Region, Config: localtest.Config(queues.Proxy.URL),
		Endpoints: map[string]string{"SNS": queues.Proxy.URL, "SQS": queues.Proxy.URL},
		options:   Options{Denied: func(error) {}}, sessions: map[string]iam.Principal{"f": {Role: "role"}},
	}
	s.Authorizer = s.newAuthorizer()
	var end context.CancelFunc
	s.bridges, end = context.WithCancel(t.Context())
	s.Host = lambdahost.New(time.Millisecond, s.sendDeadLetter)
	t.Cleanup(func() {
		end()
		s.bridging.Wait()
		_ = s.Host.Close()
	})
	s.Host.Add(lambdahost.Function{
		Name: "f", Bootstrap: bootstrap, Timeout: time.Minute, MaxEventAge: time.Hour, Log: &localtest.Log{},
		DeadLetterQueueARN: s.QueueARN(name),
	})
	_, err = s.subscribe(t.Context(), name, cloudformation.Resource{Properties: map[string]any{
		"TopicArn": s.topic, "Protocol": "lambda", "Endpoint": "f",
		"RedrivePolicy": map[string]any{
			"deadLetterTargetArn": s.QueueARN(s.subscriptionDlq[strings.LastIndex(s.subscriptionDlq, "/")+1:]),
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// permit lets the topic invoke the function.
func (s subscribed) permit(t *testing.T) {
	t.Helper()
	err := s.Stack.permit("permission", resource(map[string]any{
		"Action": "lambda:InvokeFunction", "FunctionName": "f", "Principal": "sns.amazonaws.com", "SourceArn": s.topic}))
	if err != nil {
		t.Fatal(err)
	}
}

// allowLetters lets SNS and the function send to their dead-letter queues.
func (s subscribed) allowLetters(t *testing.T) {
	t.Helper()
	const send = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"%s}}`
	identity, err := iam.Parse("role", iam.Identity, fmt.Appendf(nil, send, ""))
	if err != nil {
		t.Fatal(err)
	}
	s.Authorizer.AddRole("role", identity)
	queue := `,"Principal":{"Service":"sns.amazonaws.com"},"Condition":{"ArnEquals":{"aws:SourceArn":"` + s.topic + `"}}`
	err = s.attachPolicy("queue", resource(map[string]any{
		"Queues": []any{s.subscriptionDlq}, "PolicyDocument": json.RawMessage(fmt.Appendf(nil, send, queue))}))
	if err != nil {
		t.Fatal(err)
	}
}

func (s subscribed) publish(t *testing.T) {
	t.Helper()
	_, err := s.queues.SNS.Publish(t.Context(), &sns.PublishInput{
		TopicArn: aws.String(s.topic), Message: aws.String(`{"wanted":true}`),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// awaitLetter waits for a queue's one message.
func (s subscribed) awaitLetter(t *testing.T, url string) string {
	t.Helper()
	var bodies []string
	localtest.Await(t, time.Minute, "there is a dead letter", func() bool {
		bodies = append(bodies, s.queues.Receive(t, url)...)
		return len(bodies) > 0
	})
	if len(bodies) != 1 || !strings.Contains(bodies[0], `{\"wanted\":true}`) {
		t.Fatalf("got %q", bodies)
	}
	return bodies[0]
}

func TestBridge(t *testing.T) {
	t.Run("OKMessageInvokesFunction", func(t *testing.T) {
		s := newSubscribed(t, localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function"))
		s.permit(t)
		s.publish(t)
		localtest.Await(t, time.Minute, "the function has answered", func() bool {
			return len(s.Host.Sandboxes("f")) == 1 && s.Host.Pending() == 0
		})
		for _, queue := range []string{s.functionDlq, s.subscriptionDlq} {
			if letters := s.queues.Receive(t, queue); len(letters) != 0 {
				t.Errorf("dead letters %q", letters)
			}
		}
	})
	t.Run("OKFailedEventGoesToLambdasQueue", func(t *testing.T) {
		s := newSubscribed(t, "/nonexistent")
		s.permit(t)
		s.allowLetters(t)
		s.publish(t)
		if letter := s.awaitLetter(t, s.functionDlq); !strings.Contains(letter, `"EventSource":"aws:sns"`) {
			t.Errorf("got %s", letter)
		}
	})
	t.Run("OKDeadLetterIfSNSMayNotInvoke", func(t *testing.T) {
		s := newSubscribed(t, "/nonexistent")
		s.allowLetters(t)
		s.publish(t)
		if letter := s.awaitLetter(t, s.subscriptionDlq); !strings.Contains(letter, `"Type":"Notification"`) {
			t.Errorf("got %s", letter)
		}
	})
}

func TestBridgeDenied(t *testing.T) {
	t.Run("OKDropsWhatNeitherQueueTakes", func(t *testing.T) {
		s := newSubscribed(t, "/nonexistent")
		denied := make(chan error, 10)
		s.options.Denied = func(err error) { denied <- err }
		s.Authorizer = s.newAuthorizer()
		s.publish(t)
		next := func() error {
			select {
			case err := <-denied:
				return err
			case <-time.After(time.Minute):
				return nil
			}
		}
		wantError(t, next(), "lambda:InvokeFunction")
		wantError(t, next(), "sns.amazonaws.com is not authorized to perform: sqs:SendMessage")
		s.permit(t)
		s.publish(t)
		wantError(t, next(), "because no identity-based policy allows the sqs:SendMessage action")
		for _, queue := range []string{s.functionDlq, s.subscriptionDlq} {
			if letters := s.queues.Receive(t, queue); len(letters) != 0 {
				t.Errorf("dead letters %q", letters)
			}
		}
	})
	t.Run("ErrProtocol", func(t *testing.T) {
		s := &Stack{}
		resource := cloudformation.Resource{Properties: map[string]any{"Protocol": "email"}}
		if _, err := s.subscribe(t.Context(), "s", resource); err == nil || !strings.Contains(err.Error(), "email") {
			t.Errorf("error is %v", err)
		}
	})
}

// TestStamp: every notification of a message has the publish time of the first.
func TestStamp(t *testing.T) {
	s := &Stack{}
	const first, second = "2026-11-23T12:00:00.120Z", "2026-11-23T12:00:00.121Z"
	notification := func(id, at string) []byte {
		return []byte(`{"Type":"Notification","MessageId":"` + id + `","Timestamp":"` + at + `","Message":"<&>"}`)
	}
	for _, test := range []struct{ id, at, want string }{
		{"a", first, first}, {"a", second, first}, {"b", second, second},
	} {
		id, stamped, err := s.stamp(notification(test.id, test.at))
		if err != nil || id != test.id || !strings.Contains(string(stamped), `"Timestamp":"`+test.want+`"`) {
			t.Errorf("got %s, %s, %v; want %s", id, stamped, err, test.want)
		}
	}
	if _, _, err := s.stamp([]byte("Hello!")); err == nil {
		t.Error("text without JSON is stamped")
	}
}
