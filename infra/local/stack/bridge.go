package stack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/pause"
)

// subscribe subscribes a function to a topic. The local SNS delivers only to
// queues. So a queue receives the messages, and a bridge forwards them to the
// function.
func (s *Stack) subscribe(
	ctx context.Context, name string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	var p subscriptionProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return cloudformation.Physical{}, err
	}
	if p.Protocol != "lambda" {
		return cloudformation.Physical{}, fmt.Errorf("protocol %s is not supported by the local stack", p.Protocol)
	}
	queueName := name + "-bridge"
	queue, err := s.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(queueName)})
	if err != nil {
		return cloudformation.Physical{}, err
	}
	subscription, err := s.SNS().Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(p.TopicArn), Protocol: aws.String("sqs"), Endpoint: aws.String(s.QueueARN(queueName)),
		ReturnSubscriptionArn: true,
	})
	if err != nil {
		return cloudformation.Physical{}, err
	}
	if err := s.subscribeForShow(ctx, p); err != nil {
		return cloudformation.Physical{}, err
	}
	b := bridge{
		stack: s, client: s.SQS(), queueURL: *queue.QueueUrl,
		subscriptionARN: *subscription.SubscriptionArn, topicARN: p.TopicArn, function: p.Endpoint,
		deadLetterQueueARN: p.RedrivePolicy.DeadLetterTargetArn,
	}
	s.bridging.Go(func() { b.run(s.bridges) })
	return cloudformation.Physical{Ref: b.subscriptionARN}, nil
}

// subscribeForShow makes the subscription that the template declares, with its
// dead-letter queue. The local SNS lists it and delivers nothing to it.
func (s *Stack) subscribeForShow(ctx context.Context, p subscriptionProperties) error {
	attributes := map[string]string{}
	if p.RedrivePolicy.DeadLetterTargetArn != "" {
		policy, err := json.Marshal(p.RedrivePolicy)
		if err != nil {
			return err
		}
		attributes["RedrivePolicy"] = string(policy)
	}
	_, err := s.SNS().Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(p.TopicArn), Protocol: aws.String("lambda"), Endpoint: aws.String(p.Endpoint),
		Attributes: attributes,
	})
	return err
}

// createTopic creates a topic of the template.
func (s *Stack) createTopic(
	ctx context.Context, name string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	var p topicProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return cloudformation.Physical{}, err
	}
	name = cmp.Or(p.TopicName, name)
	topic, err := s.SNS().CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		return cloudformation.Physical{}, err
	}
	arn := *topic.TopicArn
	return cloudformation.Physical{Ref: arn, Attributes: map[string]string{"TopicArn": arn, "TopicName": name}}, nil
}

// bridge delivers a subscription's messages to a function, as SNS does.
type bridge struct {
	stack              *Stack
	client             *sqs.Client
	queueURL           string
	subscriptionARN    string
	topicARN           string
	function           string
	deadLetterQueueARN string
}

func (b bridge) run(ctx context.Context) {
	for ctx.Err() == nil {
		received, err := b.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(b.queueURL), MaxNumberOfMessages: 10, WaitTimeSeconds: 20,
		})
		if err == nil {
			for _, message := range received.Messages {
				err = errors.Join(err, b.carry(ctx, message))
			}
		}
		if err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "SNS to %s: %v\n", b.function, err)
			_ = pause.For(ctx, time.Second) // the loop asks whether it ended
		}
	}
}

// carry delivers one notification to the function. SNS does not retry client-side
// errors, such as a missing permission ("Amazon SNS message delivery retries"): the
// notification goes to the subscription's dead-letter queue.
func (b bridge) carry(ctx context.Context, message types.Message) error {
	messageID, stamped, err := b.stack.stamp([]byte(*message.Body))
	if err != nil {
		return fmt.Errorf("read notification: %w", err)
	}
	notification, err := announcement.ReadNotification(stamped)
	if err != nil {
		return err
	}
	event, err := json.Marshal(announcement.NewEvent(notification, b.subscriptionARN))
	if err != nil {
		return err
	}
	function := b.stack.FunctionARN(b.function)
	err = b.stack.Authorizer.Authorize(snsService, "lambda:InvokeFunction", function, b.topicARN)
	if err == nil {
		err = b.stack.Host.InvokeAsync(b.function, messageID, event)
	}
	if err != nil {
		if err := b.bury(ctx, string(stamped)); err != nil {
			return err
		}
	}
	_, err = b.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{
		QueueUrl: aws.String(b.queueURL), ReceiptHandle: message.ReceiptHandle,
	})
	return err
}

// stamp replaces a notification's Timestamp with that of the first notification of
// the same message. SNS sets one publish time per message, but the local SNS sets
// one per subscription.
func (s *Stack) stamp(notification []byte) (messageID string, stamped []byte, err error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(notification, &fields); err != nil {
		return "", nil, err
	}
	if err := json.Unmarshal(fields["MessageId"], &messageID); err != nil {
		return "", nil, err
	}
	first, _ := s.stamps.LoadOrStore(messageID, fields["Timestamp"])
	fields["Timestamp"] = first.(json.RawMessage)
	stamped, err = json.Marshal(fields)
	return messageID, stamped, err
}

func (b bridge) bury(ctx context.Context, notification string) error {
	if b.deadLetterQueueARN == "" {
		return nil // SNS drops the message too
	}
	err := b.stack.Authorizer.Authorize(snsService, "sqs:SendMessage", b.deadLetterQueueARN, b.topicARN)
	if err != nil {
		return nil // likewise, and the authorizer has told of it
	}
	url, err := b.stack.queueURL(ctx, b.deadLetterQueueARN)
	if err != nil {
		return err
	}
	_, err = b.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(url), MessageBody: aws.String(notification),
	})
	return err
}

// sendDeadLetter sends an event that a function failed on to its queue, as Lambda
// does.
func (s *Stack) sendDeadLetter(ctx context.Context, letter lambdahost.DeadLetter) error {
	err := s.Authorizer.Authorize(s.sessions[letter.Function], "sqs:SendMessage", letter.QueueARN, "")
	if err != nil {
		return nil // as Lambda: the event is lost, and the authorizer has told of it
	}
	url, err := s.queueURL(ctx, letter.QueueARN)
	if err != nil {
		return err
	}
	_, err = s.SQS().SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(url), MessageBody: aws.String(string(letter.Event)), MessageAttributes: letterAttributes(letter),
	})
	return err
}

func letterAttributes(letter lambdahost.DeadLetter) map[string]types.MessageAttributeValue {
	attributes := map[string]types.MessageAttributeValue{
		"ErrorCode": {DataType: aws.String("Number"), StringValue: aws.String(letter.ErrorCode)},
	}
	for name, value := range map[string]string{"RequestID": letter.RequestID, "ErrorMessage": letter.ErrorMessage} {
		if value != "" { // SQS rejects an empty attribute
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
	}
	return attributes
}
