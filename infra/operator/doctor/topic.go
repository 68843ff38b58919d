package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	names "sdtasktracker/shared/deployment"
)

// revert says how to undo a change that somebody made by hand.
func revert() string {
	return "undo what was changed by hand: " + command.CDK("deploy", "--revert-drift") +
		", with the stack's settings in " + names.ContextFile + " (infra/README.md#settings)"
}

// repair says how to undo such a change, and how to repair what was lost in the meantime.
func repair(d *deployment.Deployment) string {
	return fmt.Sprintf("%s; then repair what was lost: %v", revert(),
		d.Line.For("reconcile", "--repair", "--until", "now"))
}

// subscription is a subscription that the stack declares.
type subscription struct {
	about, topic, function string
	queue                  names.Queue // gets the messages that SNS could not deliver
}

// checkSubscriptions checks that the topics have the stack's subscriptions.
func checkSubscriptions(ctx context.Context, d *deployment.Deployment) (checks []check.Result) {
	all := []subscription{
		{"subscription of record", d.TopicARN, "record", names.Undelivered("record")},
		{"subscription of deliver", d.TopicARN, "deliver", names.Undelivered("deliver")},
	}
	if d.InputTopicARN != "" {
		all = append(all, subscription{"subscription to the input topic", d.InputTopicARN, "record",
			names.UndeliveredRequests("record")})
	}
	client := sns.NewFromConfig(d.Config)
	for _, s := range all {
		checks = append(checks, s.check(ctx, client, d))
	}
	return checks
}

func (s subscription) check(ctx context.Context, client *sns.Client, d *deployment.Deployment) check.Result {
	about, function := s.about, d.Functions[s.function]
	subscribed, err := listSubscriptions(ctx, client, s.topic)
	i := slices.IndexFunc(subscribed, func(x types.Subscription) bool { return invokes(x, function) })
	switch {
	case err != nil:
		return check.Failed(about, "sns:ListSubscriptionsByTopic", err)
	case i < 0:
		return check.Wrong(about, repair(d), "missing: SNS does not invoke %s", function)
	case !isConfirmed(subscribed[i]):
		return check.Wrong(about, repair(d), "it is not confirmed")
	}
	out, err := client.GetSubscriptionAttributes(ctx,
		&sns.GetSubscriptionAttributesInput{SubscriptionArn: subscribed[i].SubscriptionArn})
	if err != nil {
		return check.Failed(about, "sns:GetSubscriptionAttributes", err)
	}
	if policy := out.Attributes["FilterPolicy"]; policy != "" && policy != "{}" {
		return check.Wrong(about, repair(d), "it has a filter policy, so SNS drops messages: %s", policy)
	}
	var redrive struct {
		Queue string `json:"deadLetterTargetArn"`
	}
	_ = json.Unmarshal([]byte(out.Attributes["RedrivePolicy"]), &redrive) // a policy that is not JSON names no queue
	queue := afterLast(d.Queues[s.queue], "/")
	if redrive.Queue == "" || afterLast(redrive.Queue, ":") != queue {
		return check.Wrong(about, repair(d), "its dead-letter queue is %q, not %s: messages that SNS cannot deliver are lost",
			redrive.Queue, queue)
	}
	return check.Right(about, "confirmed, without a filter, with its dead-letter queue")
}

// invokes reports whether a subscription invokes the function with this name.
func invokes(s types.Subscription, function string) bool {
	endpoint := aws.ToString(s.Endpoint)
	named := endpoint == function || strings.HasSuffix(endpoint, ":function:"+function)
	return named && aws.ToString(s.Protocol) == "lambda"
}

func isConfirmed(s types.Subscription) bool {
	return strings.HasPrefix(aws.ToString(s.SubscriptionArn), "arn:") // else "PendingConfirmation"
}

// listSubscriptions lists the subscriptions of a topic.
func listSubscriptions(ctx context.Context, client *sns.Client, topic string) (all []types.Subscription, err error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(client,
		&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topic)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Subscriptions...)
	}
	return all, nil
}

func afterLast(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }
