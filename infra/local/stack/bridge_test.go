package stack

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/deployment"
)

// subscribed is a topic with a function subscribed, and their dead-letter
// queues.
type subscribed struct {
	*Stack
	queues                       *localtest.Messaging
	topic                        string
	functionDlq, subscriptionDlq string // URLs
}

// newMessagingStack is a stack without a template. It has SNS and SQS.
func newMessagingStack(t *testing.T) *Stack {
	t.Helper()
	endpoint := localtest.Queues(t).Proxy.URL
	s := newStack(&cloudformation.Template{Region: localtest.Region}, Options{
		Denied: func(error) {}, AccessKey: "test", Endpoints: map[string]string{"SNS": endpoint, "SQS": endpoint}})
	s.Config = localtest.Config(endpoint)
	s.Host = lambdahost.New(time.Millisecond, s.sendDeadLetter)
	s.closers = append(s.closers, s.Host.Close)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestCreateExisting: the template of a stack that does not follow the input topic has no output for it.
func TestCreateExisting(t *testing.T) {
	s := newMessagingStack(t)
	store := localtest.Buckets(t)
	s.Endpoints["S3"], s.Config.Credentials = store.Proxy.URL, store.Config().Credentials
	s.template.Account = account
	s.template.Outputs = map[string]cloudformation.Output{
		deployment.TopicARN:     {Value: "arn:aws:sns:us-east-1:" + account + ":topic"},
		deployment.OutputBucket: {Value: "existing"},
	}
	if err := s.createExisting(t.Context()); err != nil {
		t.Error(err)
	}
}

func newSubscribed(t *testing.T, bootstrap string) subscribed {
	t.Helper()
	queues := localtest.Queues(t)
	s := subscribed{queues: queues, functionDlq: queues.Create(t, "f"), subscriptionDlq: queues.Create(t, "s"),
		Stack: newMessagingStack(t)}
	name := path.Base(s.functionDlq)
	topic, err := queues.SNS.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	s.topic = *topic.TopicArn
	s.sessions["f"] = iam.Principal{Role: "role"}
	s.Host.Add(lambdahost.Function{
		Name: "f", Bootstrap: bootstrap, Timeout: time.Minute, Log: &localtest.Log{},
		DeadLetterQueueARN: s.QueueARN(name),
	})
	create(t, s.Stack, "AWS::SNS::Subscription", map[string]any{
		"TopicArn": s.topic, "Protocol": "lambda", "Endpoint": "f",
		"RedrivePolicy": map[string]any{"deadLetterTargetArn": s.QueueARN(path.Base(s.subscriptionDlq))},
	})
	if err := s.startBridges(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// create creates a resource with the properties.
func create(t *testing.T, s *Stack, kind string, properties map[string]any) {
	t.Helper()
	if _, err := s.creators[kind](t.Context(), "Resource", properties); err != nil {
		t.Fatal(err)
	}
}

// permit lets the topic invoke the function.
func (s subscribed) permit(t *testing.T) {
	t.Helper()
	create(t, s.Stack, "AWS::Lambda::Permission", map[string]any{
		"Action": "lambda:InvokeFunction", "FunctionName": "f", "Principal": "sns.amazonaws.com", "SourceArn": s.topic})
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
	create(t, s.Stack, "AWS::SQS::QueuePolicy", map[string]any{
		"Queues": []any{s.subscriptionDlq}, "PolicyDocument": json.RawMessage(fmt.Appendf(nil, send, queue))})
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

// awaitLetter waits for the only message of a queue.
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

// TestDeadLetterWithoutMessage: an error's text may be empty, and SQS refuses empty attributes.
func TestDeadLetterWithoutMessage(t *testing.T) {
	s := newSubscribed(t, "/nonexistent")
	s.allowLetters(t)
	err := s.sendDeadLetter(t.Context(), lambdahost.DeadLetter{
		Function: "f", QueueARN: s.QueueARN(path.Base(s.functionDlq)), Event: []byte("{}"), ErrorCode: "200"})
	if err != nil || len(s.queues.Receive(t, s.functionDlq)) != 1 {
		t.Errorf("error is %v", err)
	}
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
		s := newStack(&cloudformation.Template{}, Options{})
		_, err := s.creators["AWS::SNS::Subscription"](t.Context(), "S", map[string]any{"Protocol": "email"})
		wantError(t, err, "email")
	})
}
