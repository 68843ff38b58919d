package main

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/metrics"
)

// alarm is what sets one alarm apart from the others: it is raised when the
// metric exceeds the threshold in each of so many of its periods.
type alarm struct {
	name      string
	metric    awscloudwatch.IMetric
	threshold float64
	periods   float64
	// meaning and action tell an operator what happened and what to do, and more is
	// where the repository says more.
	meaning, action, more string
}

// newAlarms makes the alarms. Missing data counts as healthy: every metric here
// is reported only when something happens. They notify of ALARM only: CloudWatch
// puts a new alarm from INSUFFICIENT_DATA into OK and would say so of every one
// ("PutMetricAlarm", Amazon CloudWatch API Reference).
func newAlarms(d *deployed) {
	actions := alarmActions(d.stack, d.settings)
	var alarms []alarm
	for _, q := range d.queues() {
		alarms = append(alarms, queueAlarms(d.settings, q)...)
	}
	for _, f := range d.subscribed() {
		alarms = append(alarms, functionAlarms(d.settings, f)...)
	}
	alarms = append(alarms, topicAlarms(d.settings)...)
	alarms = append(alarms, ownAlarms(d)...)
	if d.events != nil {
		alarms = append(alarms, eventAlarms(d)...)
	}
	if d.settings.ReconcileEvery > 0 {
		alarms = append(alarms, reconcileAlarms(d)...)
	}
	for _, a := range alarms {
		made := awscloudwatch.NewAlarm(d.stack, jsii.String(a.name+"Alarm"), &awscloudwatch.AlarmProps{
			AlarmName:          jsii.String(d.settings.StackName + "-" + a.name),
			AlarmDescription:   jsii.String(a.meaning + " " + a.action + " See " + a.more),
			Metric:             a.metric,
			Threshold:          jsii.Number(a.threshold),
			EvaluationPeriods:  jsii.Number(a.periods),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
		for _, action := range actions {
			made.AddAlarmAction(action)
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
		topic := newAlarmTopic(scope, settings)
		topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(settings.AlarmEmail), nil))
		actions = append(actions, awscloudwatchactions.NewSnsAction(topic))
	}
	return actions
}

// newAlarmTopic makes a topic that this account's alarms may publish to.
// Requiring TLS replaces the topic's default policy, which lets the account's
// own services publish.
func newAlarmTopic(scope constructs.Construct, settings Settings) awssns.Topic {
	topic := awssns.NewTopic(scope, jsii.String("AlarmEmailTopic"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
	alarms := "arn:" + settings.Partition + ":cloudwatch:" + settings.Region + ":" + settings.Account + ":alarm:*"
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AllowAlarms"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": settings.Account},
			"ArnLike":      map[string]any{"aws:SourceArn": alarms},
		},
	}))
	return topic
}

// neverEmptyDays is after how many days of dead letters a queue is urgent: the
// longest that an alarm can look back, in periods of an hour or more
// ("PutMetricAlarm", Amazon CloudWatch API Reference).
const neverEmptyDays = 7

func queueAlarms(settings Settings, q queue) []alarm {
	name := deployment.Pascal(string(q.name))
	visible := q.metric("ApproximateNumberOfMessagesVisible")
	look := settings.list(string(q.name)) + " says why; fix that, then " + settings.putBack(string(q.name)) +
		" puts it back."
	return []alarm{
		{name + "-DeadLetters", visible, 0, 1,
			"Work has failed and waits in the " + string(q.name) + " dead-letter queue.", look,
			runbook + "a-dead-letter"},
		// ApproximateAgeOfOldestMessage leaves out messages that were received
		// three times, and a dry run receives them. Reading hides messages for
		// minutes, but not for a whole hour. SQS reports the number for as long as
		// the queue has messages; hours without data are hours without messages.
		{name + "-DeadLetterAge", visible.With(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Hours(jsii.Number(1))}),
			0, neverEmptyDays * 24,
			fmt.Sprintf("The %s dead-letter queue has not been empty for %d days; SQS deletes a dead letter after %d.",
				q.name, neverEmptyDays, deadLetterDays), look,
			runbook + "a-dead-letter"},
	}
}

// failures are the log lines of failed invocations: the function's own errors,
// and Lambda's reports of timeouts and crashes, which have no level ("Lambda
// Telemetry API Event schema reference", Lambda Developer Guide).
const failures = `{ $.level = "ERROR" || ($.type = "platform.report" && $.record.status != "success") }`

func functionAlarms(settings Settings, f function) []alarm {
	name, pascal := f.name, deployment.Pascal(f.name)
	logs := settings.logs(f, "1h", failures) + " shows why."
	letters := " Afterwards " + settings.putBack(name) + " puts back what became dead letters."
	return []alarm{
		{pascal + "-Errors", f.metric("Errors", "Sum"), 0, 3,
			"The " + name + " function has been failing for 15 minutes. Lambda retries an event after one and two minutes; " +
				"then it is a dead letter.", logs + letters, runbook + "a-failing-function"},
		{pascal + "-Throttles", f.metric("Throttles", "Sum"), 0, 3,
			"The " + name + " function has been throttled for 15 minutes; Lambda retries such events for up to six hours.",
			concurrency(settings) + letters, runbook + "a-throttled-function"},
		{pascal + "-EventAge", f.metric("AsyncEventAge", "Maximum"), 3600 * 1000, 1,
			"Events for the " + name + " function wait for over an hour; after six hours they become dead letters.",
			logs + letters, runbook + "a-failing-function"},
		{pascal + "-EventsDropped", f.metric("AsyncEventsDropped", "Sum"), 0, 1,
			"Lambda gave up events for the " + name + " function: most are in its dead-letter queue now.",
			settings.list(name) + " says why.", runbook + "a-dead-letter"},
		{pascal + "-DeadLetterErrors", f.metric("DeadLetterErrors", "Sum"), 0, 1,
			"Lambda could not put events of the " + name + " function into its dead-letter queue, and lost them.",
			"Its role must allow sending to the queue: " + undo + ". Then " + settings.repair() +
				" repairs what was lost.", runbook + "a-lost-event"},
	}
}

// concurrency says what to do if a function is throttled.
func concurrency(settings Settings) string {
	return settings.aws("lambda", "get-account-settings") +
		" shows the account's concurrency: ask AWS for more, or free some."
}

func topicAlarms(settings Settings) []alarm {
	return []alarm{
		{"Topic-NotificationsFailed", topicMetric(settings, "NumberOfNotificationsFailed"), 0, 1,
			"SNS could not deliver notifications of the topic to a subscriber, these functions or another.",
			settings.list("record-subscription") + ", and the same with deliver-subscription, say whether it was these. Their " +
				"permissions must allow SNS: " + undo + ". Redrive both queues, then " + settings.repair() +
				" repairs what was lost.", runbook + "a-lost-event"},
		{"Topic-DeadLettersLost", topicMetric(settings, "NumberOfNotificationsFailedToRedriveToDlq"), 0, 1,
			"SNS could not put what it failed to deliver into a dead-letter queue, and lost it.",
			"The queues' policies must allow SNS: " + undo + ". Then " + settings.repair() + " repairs what was lost.",
			runbook + "a-lost-event"},
	}
}

// ownAlarms say what AWS's metrics can't.
func ownAlarms(d *deployed) []alarm {
	settings := d.settings
	return []alarm{
		{"Deliver-Denied", ownMetric(settings, metrics.NotDeliveredDenied, "Sum"), 0, 1,
			"S3 or KMS denied a copy.",
			"Check the policies of the buckets and their keys, and that outputKeyArn and deliveryKeyArn are given; then " +
				settings.putBack("deliver") + " copies the images.", runbook + "a-denied-copy"},
		{"Deliver-Empty", ownMetric(settings, metrics.Empty, "Sum"), 0, 1,
			"Tasks completed without an image, or with an image of no bytes: ComfyUI tasks that failed look like that.",
			settings.logs(d.named("deliver"), "1h", "{ $.Empty > 0 }") + " names them; the log of the guidance's runtime says " +
				"why.", runbook + "a-task-without-images"},
		{"Record-Reruns", ownMetric(settings, metrics.Reruns, "Sum"), 0, 1,
			"Tasks were generated more than once, and GPU time was paid for each: the guidance's input queue hands a " +
				"task out again while it still runs. (Callers who use an id twice look the same.)",
			settings.tasks("list --reruns") + " names them, and " + settings.tasks("doctor") + " prints the command that " +
				"raises the queue's visibility timeout above a task's longest time.", "functions/README.md#reruns"},
		{"Record-Latency", ownMetric(settings, metrics.PublishedToRecorded, "p99"), 5 * 60 * 1000, 3,
			"Announcements have been recorded more than five minutes late for 15 minutes.",
			"The dashboard shows throttles of the function, the task table and its index, and the age of waiting events.",
			runbook + "a-throttled-function"},
	}
}
