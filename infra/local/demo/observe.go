package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/stack"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// queues are the outputs with dead-letter queues' URLs, in display order.
var (
	recordQueue  = deployment.FailedEvents("record").Output()
	deliverQueue = deployment.FailedEvents("deliver").Output()
	queues       = []string{recordQueue, deliverQueue,
		deployment.Undelivered("record").Output(), deployment.Undelivered("deliver").Output(),
		deployment.UndeliveredRequests("record").Output()}
)

// observation is the state of the stack that a user can see.
type observation struct {
	items   map[string]tasktable.Task
	objects map[string][]byte // by key
	letters []letter
	events  []taskevent.Event
}

type letter struct {
	queue   string
	message sqstypes.Message
}

func observe(ctx context.Context, s *stack.Stack, eventsURL string) (observation, error) {
	o := observation{items: map[string]tasktable.Task{}, objects: map[string][]byte{}}
	table := tasktable.Table{Client: s.DynamoDB(), Name: s.Outputs[deployment.TaskTable]}
	all, err := s.DynamoDB().Scan(ctx, &dynamodb.ScanInput{
		TableName: aws.String(table.Name), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return o, fmt.Errorf("read the task table: %w", err)
	}
	for _, item := range all.Items {
		id := item[tasktable.PartitionKey].(*types.AttributeValueMemberS).Value
		if o.items[id], err = table.Get(ctx, id); err != nil {
			return o, err
		}
	}
	bucket := aws.String(s.Outputs[deployment.DeliveryBucket])
	list, err := s.S3().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	if err != nil {
		return o, fmt.Errorf("list the delivery bucket: %w", err)
	}
	for _, object := range list.Contents {
		answer, err := s.S3().GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: object.Key})
		if err != nil {
			return o, fmt.Errorf("read %s: %w", *object.Key, err)
		}
		o.objects[*object.Key], err = io.ReadAll(answer.Body)
		if err != nil {
			return o, fmt.Errorf("read %s: %w", *object.Key, err)
		}
	}
	for _, queue := range queues {
		letters, err := peek(ctx, s, s.Outputs[queue])
		if err != nil {
			return o, fmt.Errorf("read %s: %w", queue, err)
		}
		for _, message := range letters {
			o.letters = append(o.letters, letter{queue, message})
		}
	}
	o.events, err = readEvents(ctx, s, eventsURL)
	return o, err
}

// peek reads a queue's messages and leaves them in the queue, visible.
func peek(ctx context.Context, s *stack.Stack, url string) ([]sqstypes.Message, error) {
	var all []sqstypes.Message
	for {
		received, err := s.SQS().ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(url), MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, VisibilityTimeout: 30,
		})
		if err != nil {
			return nil, err
		}
		if len(received.Messages) == 0 {
			break
		}
		all = append(all, received.Messages...)
	}
	for _, message := range all {
		_, err := s.SQS().ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(url), ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0,
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// check returns every difference from what the scenario expects.
func check(tasks []task, o observation) (problems []error) {
	wantKeys, wantLetters, gotLetters, wantItems := []string{}, map[string]int{}, map[string]int{}, 0
	for _, t := range tasks {
		problems = append(problems, t.check(o)...)
		if t.wantStatus != "" {
			wantItems++
		}
		wantKeys = append(wantKeys, t.images...)
		for queue, n := range t.wantLetters {
			wantLetters[queue] += n
		}
	}
	for _, l := range o.letters {
		gotLetters[l.queue]++
	}
	slices.Sort(wantKeys)
	if got := slices.Sorted(maps.Keys(o.objects)); !slices.Equal(got, wantKeys) {
		problems = append(problems, fmt.Errorf("the delivery bucket holds %q, not %q", got, wantKeys))
	}
	if !maps.Equal(gotLetters, wantLetters) {
		problems = append(problems, fmt.Errorf("the dead-letter queues hold %v, not %v", gotLetters, wantLetters))
	}
	if len(o.items) != wantItems {
		problems = append(problems, fmt.Errorf("the task table has %d items, not %d", len(o.items), wantItems))
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
	if want := t.request(); !isOf(item, want) {
		problem("caller %q asked for %s, not %q for %s", item.Caller, item.Request, want.Caller, want.Request)
	}
	if got := string(item.DeliveryStatus); got != t.wantDelivery {
		problem("delivery_status is %q, not %q", got, t.wantDelivery)
	}
	if got := len(item.Delivered); got != t.wantDelivered {
		problem("%d objects are delivered, not %d", got, t.wantDelivered)
	}
	told := func(e taskevent.Event) bool { return e.TaskID == t.id && e.Kind == t.wantEvent() }
	if kind := t.wantEvent(); kind != "" && !slices.ContainsFunc(o.events, told) {
		problem("there is no event %s", kind)
	}
	for _, key := range t.images {
		if !bytes.Equal(o.objects[key], drawn(key)) {
			problem("image %s in the delivery bucket is missing or differs from its source", key)
		}
	}
	return problems
}

// isOf reports whether an item tells of a request; of a task without one, anything does.
func isOf(item tasktable.Task, request announcement.Announcement) bool {
	return request.Request == "" || item.Caller == request.Caller && string(item.Request) == request.Request
}
