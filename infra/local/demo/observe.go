package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// The outputs with the URLs of the queues to which the scenario leads.
var (
	recordQueue  = deployment.FailedEvents("record").Output()
	deliverQueue = deployment.FailedEvents("deliver").Output()
)

// observation is the state of the stack that a user can see.
type observation struct {
	items   map[string]tasktable.Task
	letters map[string]int // by queue's output
	events  int
}

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
	})
	if err != nil {
		return "", fmt.Errorf("subscribe a queue to %s: %w", topicARN, err)
	}
	return *queue.QueueUrl, nil
}

func observe(ctx context.Context, s *stack.Stack, eventsURL string, tasks []task) (observation, error) {
	o := observation{items: map[string]tasktable.Task{}, letters: map[string]int{}}
	table := tasktable.Table{Client: s.DynamoDB(), Name: s.Outputs[deployment.TaskTable]}
	for _, t := range tasks {
		item, err := table.Get(ctx, t.id)
		if err == nil {
			o.items[t.id] = item
		} else if !errors.Is(err, tasktable.ErrNotFound) {
			return o, err
		}
	}
	for _, queue := range []string{recordQueue, deliverQueue} {
		visible, hidden, err := deadletter.Count(ctx, s.SQS(), s.Outputs[queue])
		if err != nil {
			return o, fmt.Errorf("read %s: %w", queue, err)
		}
		if visible+hidden > 0 {
			o.letters[queue] = visible + hidden
		}
	}
	var err error
	if o.events, _, err = deadletter.Count(ctx, s.SQS(), eventsURL); err != nil {
		return o, fmt.Errorf("count the task events: %w", err)
	}
	return o, nil
}

// check returns every difference from what the scenario expects.
func check(tasks []task, o observation) (problems []error) {
	letters, events := map[string]int{}, 0
	for _, t := range tasks {
		problems = append(problems, t.check(o)...)
		if t.wantLetter != "" {
			letters[t.wantLetter]++
		}
		if t.wantStatus == "failed" || t.wantDelivery != "" {
			events++
		}
	}
	if !maps.Equal(o.letters, letters) {
		problems = append(problems, fmt.Errorf("the dead-letter queues hold %v, not %v", o.letters, letters))
	}
	if o.events < events { // SNS may deliver one twice
		problems = append(problems, fmt.Errorf("%d events are published, not %d", o.events, events))
	}
	return problems
}

// check returns every difference from what the scenario expects of one task.
func (t task) check(o observation) (problems []error) {
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("task %s: "+format, append([]any{t.id}, args...)...))
	}
	item := o.items[t.id]
	if got := string(item.Status); got != t.wantStatus {
		problem("status is %q, not %q", got, t.wantStatus)
	}
	if item.Error != t.wantError {
		problem("error is %q, not %q", item.Error, t.wantError)
	}
	if got := string(item.DeliveryStatus); got != t.wantDelivery {
		problem("delivery_status is %q, not %q", got, t.wantDelivery)
	}
	if got := len(item.Delivered); got != len(t.images) {
		problem("%d images are delivered, not %d", got, len(t.images))
	}
	return problems
}
