package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// event is what became of a task, as a subscriber of the task events is told.
type event struct {
	taskID string
	kind   taskevent.Kind
}

// subscriber is a queue that gets the task events, and what it has got.
type subscriber struct {
	client   *sqs.Client
	queueURL *string
	events   map[event]bool
}

// subscribe subscribes a queue to the task events.
func subscribe(ctx context.Context, s *stack.Stack) (*subscriber, error) {
	const name = "task-events"
	queue, err := s.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name)})
	if err != nil {
		return nil, fmt.Errorf("create a queue for task events: %w", err)
	}
	_, err = s.SNS().Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(s.Outputs[deployment.TaskEventsTopicARN]), Protocol: aws.String("sqs"),
		Endpoint: aws.String(s.QueueARN(name)), Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe a queue to the task events: %w", err)
	}
	return &subscriber{s.SQS(), queue.QueueUrl, map[event]bool{}}, nil
}

// read reads the queue. It may get an event several times.
func (s *subscriber) read(ctx context.Context) error {
	for {
		received, err := s.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: s.queueURL, MaxNumberOfMessages: 10})
		if err != nil {
			return fmt.Errorf("read the task events: %w", err)
		}
		if len(received.Messages) == 0 {
			return nil
		}
		for _, message := range received.Messages {
			var e taskevent.Event
			if err := json.Unmarshal([]byte(*message.Body), &e); err != nil {
				return fmt.Errorf("read the task event %s: %w", *message.Body, err)
			}
			s.events[event{e.TaskID, e.Kind}] = true
		}
	}
}

// wantEvent is the kind of the event that says how the task ended; "" if it has not ended.
func (t task) wantEvent() taskevent.Kind {
	switch {
	case t.wantStatus == string(announcement.Failed):
		return taskevent.TaskFailed
	case t.wantDelivery == string(tasktable.DeliveryFailed):
		return taskevent.DeliveryFailed
	case t.wantDelivery != "":
		return taskevent.Delivered
	}
	return ""
}
