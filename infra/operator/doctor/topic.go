package doctor

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
	names "sdtasktracker/shared/deployment"
)

// revert is what to do about a change that somebody made by hand.
const revert = "infra/node_modules/.bin/cdk drift shows what was changed by hand, and make deploy " +
	"ARGS='… --revert-drift' reverts it; then sdtasks reconcile --repair repairs what was missed"

// checkTopic checks that the topic exists and can have functions subscribed to it.
func checkTopic(ctx context.Context, d *deployment.Deployment) []check {
	const about = "topic"
	if d.TopicARN == "" {
		return nil
	}
	parsed, err := arn.Parse(d.TopicARN)
	switch {
	case err != nil || parsed.Service != "sns":
		return []check{wrong(about, "give the guidance's output topic", "%s is not the ARN of an SNS topic", d.TopicARN)}
	case strings.HasSuffix(parsed.Resource, ".fifo"):
		return []check{wrong(about, "give a standard topic", "%s is a FIFO topic: Lambda can't subscribe to it", d.TopicARN)}
	case parsed.Region != d.Config.Region:
		return []check{wrong(about, "deploy to the topic's Region, and run this with --region "+parsed.Region,
			"it is in %s, and this is %s", parsed.Region, d.Config.Region)}
	}
	out, err := sns.NewFromConfig(d.Config).GetTopicAttributes(ctx,
		&sns.GetTopicAttributesInput{TopicArn: aws.String(d.TopicARN)})
	if awserror.Code(err) == "NotFound" {
		return []check{wrong(about, "look for it in the outputs of the guidance's stack", "%s does not exist", d.TopicARN)}
	}
	if err != nil {
		return []check{failed(about, "sns:GetTopicAttributes", err)}
	}
	encryption := "not encrypted, as the guidance creates it"
	if key := out.Attributes["KmsMasterKeyId"]; key != "" {
		encryption = "encrypted with " + key
	}
	return []check{right(about, "%s exists, a standard topic in %s, %s", parsed.Resource, parsed.Region, encryption)}
}

// checkSubscriptions checks that the topic invokes the functions as the stack says.
func checkSubscriptions(ctx context.Context, d *deployment.Deployment) []check {
	if d.TopicARN == "" || len(d.Functions) == 0 {
		return nil
	}
	client := sns.NewFromConfig(d.Config)
	var all []types.Subscription
	pages := sns.NewListSubscriptionsByTopicPaginator(client,
		&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(d.TopicARN)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check{failed("subscriptions", "sns:ListSubscriptionsByTopic", err)}
		}
		all = append(all, page.Subscriptions...)
	}
	var checks []check
	for _, name := range []string{"record", "deliver"} {
		checks = append(checks, checkSubscription(ctx, client, d, all, name))
	}
	return checks
}

func checkSubscription(ctx context.Context, client *sns.Client, d *deployment.Deployment, all []types.Subscription,
	name string,
) check {
	about := "subscription of " + name
	found := findSubscription(all, d.Functions[name])
	switch {
	case found == nil:
		return wrong(about, revert, "missing: SNS does not invoke %s", d.Functions[name])
	case !strings.HasPrefix(aws.ToString(found.SubscriptionArn), "arn:"):
		return wrong(about, revert, "it is not confirmed")
	}
	out, err := client.GetSubscriptionAttributes(ctx,
		&sns.GetSubscriptionAttributesInput{SubscriptionArn: found.SubscriptionArn})
	if err != nil {
		return failed(about, "sns:GetSubscriptionAttributes", err)
	}
	if policy := out.Attributes["FilterPolicy"]; policy != "" && policy != "{}" {
		return wrong(about, revert, "it has a filter policy, so SNS drops announcements: %s", policy)
	}
	var redrive struct {
		Queue string `json:"deadLetterTargetArn"`
	}
	_ = json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &redrive) // a policy that is not JSON names no queue
	queue := afterLast(d.Queues[names.Undelivered(name)], "/")
	if redrive.Queue == "" || afterLast(redrive.Queue, ":") != queue {
		return wrong(about, revert, "its dead-letter queue is %q, not %s: messages that SNS can't deliver are lost",
			redrive.Queue, queue)
	}
	return right(about, "confirmed, without a filter, with its dead-letter queue")
}

// findSubscription finds a function's subscription; nil if it has none.
func findSubscription(all []types.Subscription, function string) *types.Subscription {
	for _, s := range all {
		endpoint := aws.ToString(s.Endpoint)
		_, name, _ := strings.Cut(endpoint, ":function:")
		if aws.ToString(s.Protocol) == "lambda" && (name == function || endpoint == function) {
			return &s
		}
	}
	return nil
}

func afterLast(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }
