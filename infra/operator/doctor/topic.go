package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	names "sdtasktracker/shared/deployment"
)

// revert is how to undo a change that somebody made by hand.
func revert() string {
	return "undo what was changed by hand: " + command.CDK("deploy", "--revert-drift") +
		", with the stack's settings in " + names.ContextFile + " (infra/README.md#settings)"
}

// repair is how to undo such a change, and to repair what was lost meanwhile.
func repair(d *deployment.Deployment) string {
	return fmt.Sprintf("%s; then repair what was lost: %v", revert(),
		d.Line.For("reconcile", "--repair", "--until", "now"))
}

// checkSubscriptions checks that the topic invokes the functions as the stack says.
func checkSubscriptions(ctx context.Context, d *deployment.Deployment) []check.Result {
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
			return []check.Result{check.Failed("subscriptions", "sns:ListSubscriptionsByTopic", err)}
		}
		all = append(all, page.Subscriptions...)
	}
	var checks []check.Result
	for _, name := range []string{"record", "deliver"} {
		checks = append(checks, checkSubscription(ctx, client, d, all, name))
	}
	return checks
}

func checkSubscription(ctx context.Context, client *sns.Client, d *deployment.Deployment, all []types.Subscription,
	name string,
) check.Result {
	about := "subscription of " + name
	found := findSubscription(all, d.Functions[name])
	switch {
	case found == nil:
		return check.Wrong(about, repair(d), "missing: SNS does not invoke %s", d.Functions[name])
	case !strings.HasPrefix(aws.ToString(found.SubscriptionArn), "arn:"):
		return check.Wrong(about, repair(d), "it is not confirmed")
	}
	out, err := client.GetSubscriptionAttributes(ctx,
		&sns.GetSubscriptionAttributesInput{SubscriptionArn: found.SubscriptionArn})
	if err != nil {
		return check.Failed(about, "sns:GetSubscriptionAttributes", err)
	}
	if policy := out.Attributes["FilterPolicy"]; policy != "" && policy != "{}" {
		return check.Wrong(about, repair(d), "it has a filter policy, so SNS drops announcements: %s", policy)
	}
	var redrive struct {
		Queue string `json:"deadLetterTargetArn"`
	}
	_ = json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &redrive) // a policy that is not JSON names no queue
	queue := afterLast(d.Queues[names.Undelivered(name)], "/")
	if redrive.Queue == "" || afterLast(redrive.Queue, ":") != queue {
		return check.Wrong(about, repair(d), "its dead-letter queue is %q, not %s: messages that SNS cannot deliver are lost",
			redrive.Queue, queue)
	}
	return check.Right(about, "confirmed, without a filter, with its dead-letter queue")
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
