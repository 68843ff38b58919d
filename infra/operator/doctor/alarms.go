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
)

// checkAlarms checks that no alarm has gone off, and that alarms notify somebody.
func checkAlarms(ctx context.Context, d *deployment.Deployment) []check.Result {
	const about = "alarms"
	switch {
	case len(d.Functions) == 0:
		return nil
	case d.Local:
		return noSuchService(about)
	}
	prefix := d.Name + "-"
	var all []types.MetricAlarm
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(d.Config),
		&cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return []check.Result{check.Failed(about, "cloudwatch:DescribeAlarms", err)}
		}
		all = append(all, page.MetricAlarms...)
	}
	if len(all) == 0 {
		return []check.Result{check.Wrong(about, revert(), "no alarm has a name that begins with %s", prefix)}
	}
	return append([]check.Result{checkStates(all)}, checkTargets(ctx, d, all)...)
}

func checkStates(all []types.MetricAlarm) check.Result {
	var off []string
	for _, a := range all {
		if a.StateValue == types.StateValueAlarm {
			off = append(off, aws.ToString(a.AlarmName))
		}
	}
	if len(off) > 0 {
		return check.Wrong("alarms", "infra/operator/README.md says what to do about each", "%s", strings.Join(off, ", "))
	}
	return check.Right("alarms", "none of %d has gone off", len(all))
}

// checkTargets checks that the topics of alarms have confirmed subscriptions.
func checkTargets(ctx context.Context, d *deployment.Deployment, all []types.MetricAlarm) []check.Result {
	const about = "subscribers of alarms"
	topics := map[string]bool{}
	for _, a := range all {
		for _, action := range a.AlarmActions {
			if strings.Contains(action, ":sns:") {
				topics[action] = true
			}
		}
	}
	if len(topics) == 0 {
		return []check.Result{check.Wrong(about, "deploy with alarmEmail or alarmTopicArn", "alarms notify nobody")}
	}
	var checks []check.Result
	client := sns.NewFromConfig(d.Config)
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
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
			checks = append(checks, check.Wrong(about, "follow the link in the mail that SNS has sent, or subscribe somebody",
				"nobody has confirmed a subscription to %s", topic))
		default:
			checks = append(checks, check.Right(about, "%s notifies %d", afterLast(topic, ":"), confirmed))
		}
	}
	return checks
}
