package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
)

// checkAlarms checks that no alarm is in the state ALARM, and that alarms notify somebody.
func checkAlarms(ctx context.Context, d *deployment.Deployment) []check.Result {
	const about = "alarms"
	if d.Local {
		return []check.Result{noSuchService(about)}
	}
	number, prefix := 0, d.Name+"-"
	var off []string
	topics := map[string]bool{}
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(d.Config),
		&cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check.Result{check.Failed(about, "cloudwatch:DescribeAlarms", err)}
		}
		number += len(page.MetricAlarms)
		for _, a := range page.MetricAlarms {
			if a.StateValue == types.StateValueAlarm {
				off = append(off, aws.ToString(a.AlarmName))
			}
			for _, action := range a.AlarmActions {
				if strings.Contains(action, ":sns:") {
					topics[action] = true
				}
			}
		}
	}
	state := check.Right(about, "none of %d is in the state ALARM", number)
	switch {
	case number == 0:
		return []check.Result{check.Wrong(about, revert(), "no alarm has a name that begins with %s", prefix)}
	case len(off) > 0:
		state = check.Wrong(about, "infra/operator/README.md says what to do about each", "in the state ALARM: %s",
			strings.Join(off, ", "))
	}
	return append([]check.Result{state}, checkTargets(ctx, d, slices.Sorted(maps.Keys(topics)))...)
}

// checkTargets checks that the topics of alarms have confirmed subscriptions.
func checkTargets(ctx context.Context, d *deployment.Deployment, topics []string) (checks []check.Result) {
	const about = "subscribers of alarms"
	if len(topics) == 0 {
		return []check.Result{check.Wrong(about, "deploy with alarmEmail or alarmTopicArn", "alarms notify nobody")}
	}
	client := sns.NewFromConfig(d.Config)
	for _, topic := range topics {
		subscriptions, err := listSubscriptions(ctx, client, topic)
		confirmed := 0
		for _, s := range subscriptions {
			if isConfirmed(s) {
				confirmed++
			}
		}
		switch {
		case err != nil:
			checks = append(checks, check.Failed(about, "sns:ListSubscriptionsByTopic of "+topic, err))
		case confirmed == 0:
			checks = append(checks, check.Wrong(about, "follow the link in the email that SNS sent, or subscribe somebody",
				"nobody has confirmed a subscription to %s", topic))
		default:
			checks = append(checks, check.Right(about, "%s has %s", afterLast(topic, ":"),
				output.Count(confirmed, "confirmed subscription")))
		}
	}
	return checks
}
