package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/shared/awserror"
)

// mend is what to do about what somebody changed by hand.
const mend = "infra/node_modules/.bin/cdk drift shows what was changed by hand, make deploy ARGS='… --revert-drift' " +
	"undoes it; then sdtasks reconcile --repair makes up for what was missed"

// topic checks that the topic exists, and can have functions subscribed to it.
func (x *examination) topic(ctx context.Context) []check {
	if x.TopicARN == "" {
		return nil
	}
	const about = "topic"
	parsed, err := arn.Parse(x.TopicARN)
	switch {
	case err != nil || parsed.Service != "sns":
		return []check{bad(about, "give the guidance's output topic", "%s is not the ARN of an SNS topic", x.TopicARN)}
	case strings.HasSuffix(parsed.Resource, ".fifo"):
		return []check{
			bad(about, "give a standard topic", "%s is a FIFO topic, which Lambda can't subscribe to", x.TopicARN),
		}
	case parsed.Region != x.cfg.Region:
		return []check{bad(about, "deploy, and run this, in the topic's Region", "it is in %s, and this is %s",
			parsed.Region, x.cfg.Region)}
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	out, err := sns.NewFromConfig(x.cfg).
		GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(x.TopicARN)})
	if awserror.Code(err) == "NotFound" {
		return []check{
			bad(about, "look for it in the outputs of the guidance's stack", "%s does not exist", x.TopicARN),
		}
	}
	if err != nil {
		return []check{untold(about, "sns:GetTopicAttributes", err)}
	}
	encryption := "not encrypted, as the guidance makes it"
	if key := out.Attributes["KmsMasterKeyId"]; key != "" {
		encryption = "encrypted with " + key
	}
	return []check{ok(about, "%s exists, a standard topic in %s, %s", parsed.Resource, parsed.Region, encryption)}
}

// subscriptions checks that the topic invokes the functions, as the stack says.
func (x *examination) subscriptions(ctx context.Context) []check {
	if x.TopicARN == "" || len(x.Functions) == 0 {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	client := sns.NewFromConfig(x.cfg)
	var all []types.Subscription
	pages := sns.NewListSubscriptionsByTopicPaginator(client,
		&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(x.TopicARN)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check{untold("subscriptions", "sns:ListSubscriptionsByTopic", err)}
		}
		all = append(all, page.Subscriptions...)
	}
	var checks []check
	for _, name := range []string{"record", "deliver"} {
		checks = append(checks, x.subscription(ctx, client, all, name))
	}
	return checks
}

func (x *examination) subscription(
	ctx context.Context,
	client *sns.Client,
	all []types.Subscription,
	name string,
) check {
	about := "subscription of " + name
	var found *types.Subscription
	for _, s := range all {
		_, function, _ := strings.Cut(aws.ToString(s.Endpoint), ":function:")
		isIt := function == x.Functions[name] || aws.ToString(s.Endpoint) == x.Functions[name]
		if aws.ToString(s.Protocol) == "lambda" && isIt {
			found = &s
		}
	}
	switch {
	case found == nil:
		return bad(about, mend, "there is none: SNS does not invoke %s", x.Functions[name])
	case !strings.HasPrefix(aws.ToString(found.SubscriptionArn), "arn:"):
		return bad(about, mend, "it is not confirmed")
	}
	out, err := client.GetSubscriptionAttributes(ctx,
		&sns.GetSubscriptionAttributesInput{SubscriptionArn: found.SubscriptionArn})
	if err != nil {
		return untold(about, "sns:GetSubscriptionAttributes", err)
	}
	if policy := out.Attributes["FilterPolicy"]; policy != "" && policy != "{}" {
		return bad(about, mend, "it has a filter policy, with which SNS drops announcements: %s", policy)
	}
	var redrive struct {
		Queue string `json:"deadLetterTargetArn"`
	}
	_ = json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &redrive) // what is not JSON names no queue
	queue := x.Queues[name+"-subscription"]
	if redrive.Queue == "" || afterLast(redrive.Queue, ":") != afterLast(queue, "/") {
		return bad(about, mend, "what SNS can't hand over is lost: its dead-letter queue is %q, not %s", redrive.Queue,
			afterLast(queue, "/"))
	}
	return ok(about, "confirmed, without a filter, with its dead-letter queue")
}

func afterLast(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }

// starts tells whether starts are announced, by the tasks of late.
func (x *examination) starts(ctx context.Context) []check {
	if x.TaskTable == "" {
		return nil
	}
	const about = "starts of tasks"
	recent, err := x.recentTasks(ctx)
	if err != nil {
		return []check{untold(about, "dynamodb:Query of the table's index", err)}
	}
	if len(recent) == 0 {
		return []check{{unclear, about, "no task has completed yet", "run a task, or sdtasks doctor --smoke"}}
	}
	started := 0
	for _, t := range recent {
		if !t.StartedAt.IsZero() {
			started++
		}
	}
	if started == 0 {
		return []check{{unclear, about, fmt.Sprintf("none of the last %d tasks was announced as running", len(recent)),
			"set EXP_CALLBACK_WHEN_RUNNING=true for the guidance's queue agents, if you want to see tasks that run"}}
	}
	return []check{ok(about, "%d of the last %d tasks were announced as running", started, len(recent))}
}
