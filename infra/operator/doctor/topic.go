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

// subscription is one that the stack has.
type subscription struct {
	about, topic, function string
	queue                  names.Queue // of the messages that SNS could not deliver
}

// subscriptions are all that the stack has.
func subscriptions(d *deployment.Deployment) []subscription {
	if d.TopicARN == "" || len(d.Functions) == 0 {
		return nil
	}
	all := []subscription{
		{"subscription of record", d.TopicARN, "record", names.Undelivered("record")},
		{"subscription of deliver", d.TopicARN, "deliver", names.Undelivered("deliver")},
	}
	if d.InputTopicARN != "" {
		all = append(all, subscription{"subscription to the input topic", d.InputTopicARN, "record",
			names.UndeliveredRequests("record")})
	}
	return all
}

// checkSubscriptions checks that the topics invoke the functions as the stack says.
func checkSubscriptions(ctx context.Context, d *deployment.Deployment) []check.Result {
	client := sns.NewFromConfig(d.Config)
	var checks []check.Result
	for _, s := range subscriptions(d) {
		checks = append(checks, s.check(ctx, client, d))
	}
	return checks
}

func (s subscription) check(ctx context.Context, client *sns.Client, d *deployment.Deployment) check.Result {
	about := s.about
	found, err := s.find(ctx, client, d.Functions[s.function])
	switch {
	case err != nil:
		return check.Failed(about, "sns:ListSubscriptionsByTopic", err)
	case found == nil:
		return check.Wrong(about, repair(d), "missing: SNS does not invoke %s", d.Functions[s.function])
	case !strings.HasPrefix(aws.ToString(found.SubscriptionArn), "arn:"):
		return check.Wrong(about, repair(d), "it is not confirmed")
	}
	out, err := client.GetSubscriptionAttributes(ctx,
		&sns.GetSubscriptionAttributesInput{SubscriptionArn: found.SubscriptionArn})
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

// find finds the subscription; nil if there is none.
func (s subscription) find(ctx context.Context, client *sns.Client, function string) (*types.Subscription, error) {
	pages := sns.NewListSubscriptionsByTopicPaginator(client,
		&sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(s.topic)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, found := range page.Subscriptions {
			endpoint := aws.ToString(found.Endpoint)
			_, name, _ := strings.Cut(endpoint, ":function:")
			if aws.ToString(found.Protocol) == "lambda" && (name == function || endpoint == function) {
				return &found, nil
			}
		}
	}
	return nil, nil
}

func afterLast(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }
