package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/metrics"
)

// alarm is what sets one alarm apart from the others: it is raised when the
// metric exceeds the threshold in each of so many periods of five minutes.
type alarm struct {
	name      string
	metric    awscloudwatch.IMetric
	threshold float64
	periods   float64
	// meaning and action tell an operator what happened and what to do.
	meaning, action string
}

// newAlarms makes the alarms. Missing data counts as healthy: every metric here
// is reported only when something happens.
func newAlarms(d *deployed) {
	actions := alarmActions(d.stack, d.settings)
	var alarms []alarm
	for _, q := range d.queues() {
		alarms = append(alarms, queueAlarms(q)...)
	}
	for _, f := range d.subscribed() {
		alarms = append(alarms, functionAlarms(f)...)
	}
	alarms = append(alarms, topicAlarms(d.settings)...)
	alarms = append(alarms, ownAlarms(d.settings)...)
	for _, a := range alarms {
		made := awscloudwatch.NewAlarm(d.stack, jsii.String(a.name+"Alarm"), &awscloudwatch.AlarmProps{
			AlarmName:          jsii.String(d.settings.StackName + "-" + a.name),
			AlarmDescription:   jsii.String(a.meaning + " " + a.action),
			Metric:             a.metric,
			Threshold:          jsii.Number(a.threshold),
			EvaluationPeriods:  jsii.Number(a.periods),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
		for _, action := range actions {
			made.AddAlarmAction(action)
			made.AddOkAction(action)
		}
	}
}

// alarmActions are who is told.
func alarmActions(scope constructs.Construct, settings Settings) []awscloudwatch.IAlarmAction {
	var actions []awscloudwatch.IAlarmAction
	if settings.AlarmTopicARN != "" {
		topic := awssns.Topic_FromTopicArn(scope, jsii.String("AlarmTopic"), jsii.String(settings.AlarmTopicARN))
		actions = append(actions, awscloudwatchactions.NewSnsAction(topic))
	}
	if settings.AlarmEmail != "" {
		topic := awssns.NewTopic(scope, jsii.String("AlarmEmailTopic"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(settings.AlarmEmail), nil))
		actions = append(actions, awscloudwatchactions.NewSnsAction(topic))
	}
	return actions
}

// ageLimitDays is when a dead letter becomes urgent.
const ageLimitDays = 10

func queueAlarms(q queue) []alarm {
	name := deployment.Pascal(string(q.name))
	look := fmt.Sprintf("make redrive ARGS='--dry-run --queue %[1]s' lists it with the reason; mend that, "+
		"then make redrive ARGS='--queue %[1]s' puts it back.", q.name)
	return []alarm{
		{name + "-DeadLetters", q.metric("ApproximateNumberOfMessagesVisible"), 0, 1,
			"Work has failed for good and waits in the " + string(q.name) + " dead-letter queue.", look},
		{name + "-DeadLetterAge", q.metric("ApproximateAgeOfOldestMessage"), ageLimitDays * 24 * 3600, 1,
			fmt.Sprintf("The oldest dead letter in the %s queue is over %d days old; SQS deletes it after %d.",
				q.name, ageLimitDays, deadLetterDays), look},
	}
}

const stillThere = "The guidance's output bucket still has the tasks' results."

func functionAlarms(f function) []alarm {
	name, pascal := f.name, deployment.Pascal(f.name)
	logs := "aws logs tail " + *f.logs.LogGroupName() + " --since 1h --filter-pattern ERROR shows why."
	return []alarm{
		{pascal + "-Errors", f.metric("Errors", "Sum"), 0, 3,
			"The " + name + " function has kept failing for 15 minutes; retries may still succeed.", logs},
		{pascal + "-Throttles", f.metric("Throttles", "Sum"), 0, 3,
			"The " + name + " function has kept being throttled for 15 minutes; Lambda retries for six hours.",
			"aws lambda get-account-settings shows the account's concurrency: ask for more, or free some."},
		{pascal + "-EventAge", f.metric("AsyncEventAge", "Maximum"), 3600 * 1000, 1,
			"Events for the " + name + " function wait for over an hour; after six hours they become dead letters.", logs},
		{pascal + "-EventsDropped", f.metric("AsyncEventsDropped", "Sum"), 0, 1,
			"Events for the " + name + " function were given up: most are in its dead-letter queue now.",
			"make redrive ARGS='--dry-run --queue " + name + "' lists them."},
		{pascal + "-DeadLetterErrors", f.metric("DeadLetterErrors", "Sum"), 0, 1,
			"Lambda could not put events of the " + name + " function into its dead-letter queue: they are lost here.",
			"Check that its role may send to the queue (cdk diff, cdk deploy). " + stillThere},
	}
}

func topicAlarms(settings Settings) []alarm {
	return []alarm{
		{"Topic-NotificationsFailed", topicMetric(settings, "NumberOfNotificationsFailed"), 0, 1,
			"SNS could not deliver notifications of the topic to a subscriber, these functions or another.",
			"make redrive ARGS='--dry-run --queue record-subscription' and --queue deliver-subscription " +
				"show whether it was these; cdk deploy restores their permissions."},
		{"Topic-DeadLettersLost", topicMetric(settings, "NumberOfNotificationsFailedToRedriveToDlq"), 0, 1,
			"SNS could not put what it failed to deliver into a dead-letter queue: it is lost.",
			"cdk deploy restores the queues' policies. " + stillThere},
	}
}

// ownAlarms say what AWS's metrics can't.
func ownAlarms(settings Settings) []alarm {
	return []alarm{
		{"Deliver-Denied", ownMetric(settings, metrics.NotDeliveredDenied, "Sum"), 0, 1,
			"S3 or KMS denied a copy.",
			"Check the buckets' and keys' policies, and that outputKeyArn and deliveryKeyArn are given; " +
				"then make redrive ARGS='--queue deliver'."},
		{"Record-Latency", ownMetric(settings, metrics.PublishedToRecorded, "p99"), 5 * 60 * 1000, 3,
			"Announcements have been recorded more than five minutes late for 15 minutes.",
			"The dashboard shows throttles of the function, the task table and its index, and the age of waiting events."},
	}
}
