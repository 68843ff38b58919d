package stack

import (
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

// subscriber is a function that gets a topic's messages.
type subscriber struct{ subscriptionARN, function, deadLetterQueueARN string }

// subscribe subscribes a function to a topic. The local SNS lists the subscription, but delivers nothing: see
// startBridges.
func (s *Stack) subscribe(
	ctx context.Context, _ string, p subscriptionProperties,
) (physical cloudformation.Physical, err error) {
	if p.Protocol != "lambda" {
		return physical, fmt.Errorf("protocol %s is not supported by the local stack", p.Protocol)
	}
	policy, err := json.Marshal(p.RedrivePolicy)
	if err != nil {
		return physical, err
	}
	subscription, err := s.SNS().Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(p.TopicArn), Protocol: aws.String("lambda"), Endpoint: aws.String(p.Endpoint),
		Attributes: map[string]string{"RedrivePolicy": string(policy)}, ReturnSubscriptionArn: true,
	})
	if err != nil {
		return physical, err
	}
	arn := *subscription.SubscriptionArn
	s.subscribers[p.TopicArn] = append(s.subscribers[p.TopicArn],
		subscriber{arn, p.Endpoint, p.RedrivePolicy.DeadLetterTargetArn})
	return cloudformation.Physical{Ref: arn}, nil
}

// startBridges starts to deliver messages to the functions. The local SNS delivers only to queues. So for each topic, a
// queue receives the messages, and a bridge forwards them to all subscribed functions.
func (s *Stack) startBridges(ctx context.Context) error {
	for topicARN, subscribers := range s.subscribers {
		name := nameInARN(topicARN) + "-bridge"
		queue, err := s.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name)})
		if err != nil {
			return err
		}
		_, err = s.SNS().Subscribe(ctx, &sns.SubscribeInput{
			TopicArn: aws.String(topicARN), Protocol: aws.String("sqs"), Endpoint: aws.String(s.QueueARN(name)),
		})
		if err != nil {
			return err
		}
		s.forward(*queue.QueueUrl, "Lambda", func(ctx context.Context, message types.Message) error {
			return s.invoke(ctx, topicARN, subscribers, []byte(*message.Body))
		})
	}
	return nil
}

// forward delivers a queue's messages until the stack ends. A message that can't be delivered becomes visible in the
// queue again, after its visibility timeout.
func (s *Stack) forward(queueURL, target string, deliver func(context.Context, types.Message) error) {
	client := s.SQS()
	s.bridging.Go(func() {
		for s.running.Err() == nil {
			received, err := client.ReceiveMessage(s.running, &sqs.ReceiveMessageInput{
				QueueUrl: aws.String(queueURL), MaxNumberOfMessages: 10, WaitTimeSeconds: 20,
				MessageSystemAttributeNames: []types.MessageSystemAttributeName{receiveCount},
			})
			if err == nil {
				for _, message := range received.Messages {
					err = errors.Join(err, s.forwardOne(client, queueURL, message, deliver))
				}
			}
			if err != nil && s.running.Err() == nil {
				fmt.Fprintf(os.Stderr, "SNS to %s: %v\n", target, err)
				_ = pause.For(s.running, time.Second) // the loop checks whether the context has ended
			}
		}
	})
}

func (s *Stack) forwardOne(
	client *sqs.Client, queueURL string, message types.Message, deliver func(context.Context, types.Message) error,
) error {
	if err := deliver(s.running, message); err != nil {
		return err
	}
	_, err := client.DeleteMessage(s.running, &sqs.DeleteMessageInput{
		QueueUrl: aws.String(queueURL), ReceiptHandle: message.ReceiptHandle,
	})
	return err
}

// invoke delivers a notification to functions. SNS does not retry client-side
// errors, such as a missing permission ("Amazon SNS message delivery retries"): the
// notification goes to the subscription's dead-letter queue.
func (s *Stack) invoke(ctx context.Context, topicARN string, subscribers []subscriber, body []byte) error {
	notification, err := announcement.ReadNotification(body)
	if err != nil {
		return err
	}
	for _, to := range subscribers {
		event, err := json.Marshal(announcement.NewEvent(notification, to.subscriptionARN))
		if err != nil {
			return err
		}
		err = s.Authorizer.Authorize(snsService, "lambda:InvokeFunction", s.FunctionARN(to.function), topicARN)
		if err == nil {
			err = s.Host.InvokeAsync(to.function, notification.MessageID, event)
		}
		if err != nil {
			err = s.Authorizer.Authorize(snsService, "sqs:SendMessage", to.deadLetterQueueARN, topicARN)
			if err != nil {
				continue // SNS drops the message, too; the authorizer has reported the denial
			}
			if err := s.send(ctx, to.deadLetterQueueARN, body, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendDeadLetter sends an event that a function failed on to the function's dead-letter
// queue, as Lambda does.
func (s *Stack) sendDeadLetter(ctx context.Context, letter lambdahost.DeadLetter) error {
	err := s.Authorizer.Authorize(s.sessions[letter.Function], "sqs:SendMessage", letter.QueueARN, "")
	if err != nil {
		return nil // Lambda loses the event, too; the authorizer has reported the denial
	}
	attributes := map[string]types.MessageAttributeValue{
		"ErrorCode": {DataType: aws.String("Number"), StringValue: aws.String(letter.ErrorCode)},
	}
	for name, value := range map[string]string{"RequestID": letter.RequestID, "ErrorMessage": letter.ErrorMessage} {
		if value != "" { // SQS rejects an empty attribute
			attributes[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
	}
	return s.send(ctx, letter.QueueARN, letter.Event, attributes)
}

func (s *Stack) send(
	ctx context.Context, queueARN string, body []byte, attributes map[string]types.MessageAttributeValue,
) error {
	queue, err := s.SQS().GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(nameInARN(queueARN))})
	if err != nil {
		return fmt.Errorf("find queue %s: %w", queueARN, err)
	}
	_, err = s.SQS().SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: queue.QueueUrl, MessageBody: aws.String(string(body)), MessageAttributes: attributes,
	})
	return err
}
