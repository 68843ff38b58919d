package main

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// recent is how many of the last tasks tell what is usual.
const recent = 200

// recentTasks are the last that completed.
func (x *examination) recentTasks(ctx context.Context) ([]tasktable.Task, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	table := taskOutputs{}
	table.TaskTable = x.TaskTable
	tasks, _, err := table.newTable(x.cfg).Newest(ctx, announcement.Completed, recent, "")
	return tasks, err
}

// inputQueueName is in the name of each queue that the guidance's agents read
// ('InputQueue' + id in its sdRuntime.ts).
const inputQueueName = "InputQueue"

// inputQueues checks that the publisher's input queues do not hand a task out again
// while it still runs: their default visibility timeout is 30 s.
func (x *examination) inputQueues(ctx context.Context) []check {
	if x.TaskTable == "" {
		return nil
	}
	const about = "publisher's input queues"
	longest, known := x.usualDuration(ctx)
	ctx, cancel := bounded(ctx)
	defer cancel()
	client := sqs.NewFromConfig(x.cfg)
	var checks []check
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check{untold(about, "sqs:ListQueues", err)}
		}
		for _, url := range page.QueueUrls {
			if strings.Contains(afterLast(url, "/"), inputQueueName) {
				checks = append(checks, visibility(ctx, client, url, longest, known))
			}
		}
	}
	if len(checks) == 0 {
		return []check{{unclear, about, "no queue here is named like the guidance's",
			"see that their visibility timeout is longer than a task takes, or tasks are generated again and again"}}
	}
	return checks
}

func visibility(ctx context.Context, client *sqs.Client, url string, longest time.Duration, known bool) check {
	about := "input queue " + afterLast(url, "/")
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(
			url,
		),
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameVisibilityTimeout},
	})
	if err != nil {
		return untold(about, "sqs:GetQueueAttributes", err)
	}
	seconds, _ := strconv.Atoi(out.Attributes["VisibilityTimeout"]) // SQS writes a number
	timeout := time.Duration(seconds) * time.Second
	switch {
	case !known:
		return check{
			unclear,
			about,
			"its visibility timeout is " + timeout.String() + "; how long tasks take is not known",
			"it must be longer than a task takes, or tasks are generated again and again",
		}
	case timeout < longest:
		return bad(
			about,
			"aws sqs set-queue-attributes --queue-url "+url+" --attributes VisibilityTimeout=3600",
			"its visibility timeout is %v, and one in twenty tasks takes %v or longer: they are generated again",
			timeout,
			longest.Round(time.Second),
		)
	}
	return ok(about, "its visibility timeout is %v, and nineteen in twenty tasks take less than %v", timeout,
		longest.Round(time.Second))
}

// usualDuration is how long nineteen in twenty tasks take at most.
func (x *examination) usualDuration(ctx context.Context) (d time.Duration, known bool) {
	tasks, err := x.recentTasks(ctx)
	if err != nil {
		return 0, false
	}
	var durations []time.Duration
	for _, t := range tasks {
		if d, known := t.Duration(); known {
			durations = append(durations, d)
		}
	}
	if len(durations) == 0 {
		return 0, false
	}
	slices.Sort(durations)
	return durations[(len(durations)*95+99)/100-1], true
}
