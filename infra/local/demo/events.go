package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// subscribe acts as somebody who wants to know of finished tasks: a queue gets the task events. It returns its URL.
func subscribe(ctx context.Context, s *stack.Stack) (queueURL string, err error) {
	const name = "task-events"
	queue, err := s.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name)})
	if err != nil {
		return "", fmt.Errorf("create a queue for task events: %w", err)
	}
	topicARN := s.Outputs[deployment.TaskEventsTopicARN]
	_, err = s.SNS().Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(topicARN), Protocol: aws.String("sqs"), Endpoint: aws.String(s.QueueARN(name)),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	if err != nil {
		return "", fmt.Errorf("subscribe a queue to %s: %w", topicARN, err)
	}
	return *queue.QueueUrl, nil
}

// readEvents reads the queue's events, each once, by their time.
func readEvents(ctx context.Context, s *stack.Stack, queueURL string) ([]taskevent.Event, error) {
	messages, err := peek(ctx, s, queueURL)
	if err != nil {
		return nil, fmt.Errorf("read the task events: %w", err)
	}
	var events []taskevent.Event
	for _, message := range messages {
		var e taskevent.Event
		if err := json.Unmarshal([]byte(*message.Body), &e); err != nil {
			return nil, fmt.Errorf("read the task event %s: %w", *message.Body, err)
		}
		if !slices.ContainsFunc(events, func(other taskevent.Event) bool { return other.ID == e.ID }) {
			events = append(events, e)
		}
	}
	slices.SortFunc(events, func(x, y taskevent.Event) int { return strings.Compare(x.Version, y.Version) })
	return events, nil
}

// wantEvent is the kind of the event that tells of the task as it must be; "" for none.
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
