package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deadletter"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/tasktable"
)

// checkDeadLetters checks that no dead letters are waiting.
func checkDeadLetters(ctx context.Context, d *deployment.Deployment) []check.Result {
	client := sqs.NewFromConfig(d.Config)
	var checks []check.Result
	empty := 0
	for _, queue := range slices.SortedFunc(maps.Keys(d.Queues), names.CompareQueues) {
		about := "dead letters of " + string(queue)
		visible, hidden, err := deadletter.Count(ctx, client, d.Queues[queue])
		switch {
		case err != nil:
			checks = append(checks, check.Failed(about, "sqs:GetQueueAttributes", err))
		case visible+hidden > 0:
			list := fmt.Sprintf("%v groups them by reason", d.Line.For("redrive", "--dry-run", "--queue", string(queue)))
			checks = append(checks, check.Wrong(about, list, "%s", waiting(visible, hidden)))
		default:
			empty++
		}
	}
	if empty == len(d.Queues) && empty > 0 {
		return []check.Result{check.Right("dead letters", "all %d queues are empty", empty)}
	}
	return checks
}

func waiting(visible, hidden int) string {
	count := visible + hidden
	text := strconv.Itoa(count) + " are waiting"
	if count == 1 {
		text = "1 is waiting"
	}
	if hidden > 0 {
		text += ", " + strconv.Itoa(hidden) + " of them in flight"
	}
	return text
}

// inputQueueName is part of the name of every input queue of the guidance ('InputQueue' + id in its sdRuntime.ts).
const inputQueueName = "InputQueue"

// longEnough says how long a visibility timeout must be, and why.
const longEnough = "longer than a task takes, or tasks are generated again and again"

// checkInputQueues checks that the guidance's input queues don't hand out a task again while it runs: their default
// visibility timeout is 30 s. The durations of tasks are sorted.
func checkInputQueues(ctx context.Context, d *deployment.Deployment, durations []time.Duration) []check.Result {
	const about = "guidance's input queues"
	client := sqs.NewFromConfig(d.Config)
	var checks []check.Result
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{MaxResults: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check.Result{check.Failed(about, "sqs:ListQueues", err)}
		}
		for _, url := range page.QueueUrls {
			if strings.Contains(afterLast(url, "/"), inputQueueName) {
				checks = append(checks, checkVisibility(ctx, client, url, durations))
			}
		}
	}
	if len(checks) == 0 {
		return []check.Result{check.Unclear(about, "their visibility timeout must be "+longEnough,
			"no queue in this Region has "+inputQueueName+" in its name")}
	}
	return checks
}

// checkVisibility compares a queue's visibility timeout with the 95th percentile of the durations, if any are known.
func checkVisibility(ctx context.Context, client *sqs.Client, url string, durations []time.Duration) check.Result {
	about := "input queue " + afterLast(url, "/")
	name := types.QueueAttributeNameVisibilityTimeout
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(url), AttributeNames: []types.QueueAttributeName{name}})
	if err != nil {
		return check.Failed(about, "sqs:GetQueueAttributes", err)
	}
	timeout, err := time.ParseDuration(out.Attributes[string(name)] + "s")
	switch {
	case err != nil:
		return check.Failed(about, "sqs:GetQueueAttributes", fmt.Errorf("SQS's answer has no %s: %w", name, err))
	case len(durations) == 0:
		return check.Unclear(about, "it must be "+longEnough,
			"its visibility timeout is %v; how long tasks take is not known", timeout)
	}
	usual := durations[(len(durations)*95+99)/100-1].Round(time.Second)
	if timeout < usual {
		do := fmt.Sprintf("aws sqs set-queue-attributes --queue-url %s --attributes VisibilityTimeout=3600 --region %s", url,
			client.Options().Region)
		return check.Wrong(about, do,
			"its visibility timeout is %v, but 5%% of tasks take %v or longer: they are generated again", timeout, usual)
	}
	return check.Right(about, "its visibility timeout is %v; 95%% of tasks take less than %v", timeout, usual)
}

// noSuchService returns the result for a service that the local stack doesn't have.
func noSuchService(about string) check.Result {
	return check.Unclear(about, "", "the local stack has no such service")
}

// maxRecent is how many of the most recently completed tasks are read.
const maxRecent = 200

// checkRecentTasks compares the visibility timeouts of the guidance's input queues with the durations of recent tasks,
// and checks whether the guidance announced their starts.
func checkRecentTasks(ctx context.Context, d *deployment.Deployment) []check.Result {
	var durations []time.Duration
	recent := 0
	until := time.Now().Add(tasktable.ClockSkew)
	for task, err := range d.Table().Between(ctx, announcement.Completed, time.Time{}, until) {
		if err != nil {
			failed := check.Failed("starts of tasks", "dynamodb:Query of the table's index", err)
			return append(checkInputQueues(ctx, d, nil), failed)
		}
		if d, known := task.Duration(); known {
			durations = append(durations, d)
		}
		if recent++; recent == maxRecent {
			break
		}
	}
	slices.Sort(durations)
	return append(checkInputQueues(ctx, d, durations), checkStarts(d, recent, len(durations)))
}

// checkStarts checks whether the guidance announces starts, given how many of the recent tasks have a start.
func checkStarts(d *deployment.Deployment, recent, started int) check.Result {
	const about = "starts of tasks"
	switch {
	case recent == 0:
		run := fmt.Sprintf("run a task, or %v", d.Line.For("doctor", "--smoke"))
		return check.Unclear(about, run, "no task has completed yet")
	case started == 0:
		return check.Unclear(about,
			"to see running tasks, set EXP_CALLBACK_WHEN_RUNNING=true for the guidance's queue agents",
			"none of the last %d tasks was announced as running", recent)
	}
	return check.Right(about, "%d of the last %d tasks were announced as running", started, recent)
}
