package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
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

// newAlarms makes the alarms. No data is no trouble: all metrics here are
// reported only when something happens.
func newAlarms(scope constructs.Construct, settings Settings, record, deliver function, queues []deadLetterQueue) {
	actions := alarmActions(scope, settings)
	var alarms []alarm
	for _, q := range queues {
		alarms = append(alarms, queueAlarms(q)...)
	}
	alarms = append(alarms, functionAlarms(record)...)
	alarms = append(alarms, functionAlarms(deliver)...)
	alarms = append(alarms, topicAlarms(settings)...)
	alarms = append(alarms, ownAlarms(settings)...)
	for _, a := range alarms {
		made := awscloudwatch.NewAlarm(scope, jsii.String(a.name+"Alarm"), &awscloudwatch.AlarmProps{
			AlarmName:          jsii.String(settings.StackName + "-" + a.name),
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

// metric is one of AWS's own metrics, or ours, over five minutes.
func metric(namespace, name, statistic string, dimensions map[string]*string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(namespace), MetricName: jsii.String(name), Statistic: jsii.String(statistic),
		DimensionsMap: &dimensions, Period: awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

func (q deadLetterQueue) metric(name string) awscloudwatch.Metric {
	return metric("AWS/SQS", name, "Maximum", map[string]*string{"QueueName": q.queue.QueueName()})
}

func (f function) metric(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/Lambda", name, statistic, map[string]*string{"FunctionName": f.function.FunctionName()})
}

func topicMetric(settings Settings, name string) awscloudwatch.Metric {
	topic := settings.TopicARN[strings.LastIndex(settings.TopicARN, ":")+1:]
	return metric("AWS/SNS", name, "Sum", map[string]*string{"TopicName": jsii.String(topic)})
}

// ageLimitDays is when a dead letter becomes urgent.
const ageLimitDays = 10

func queueAlarms(q deadLetterQueue) []alarm {
	look := fmt.Sprintf("make redrive ARGS='--dry-run --queue %s' lists it with the reason; mend that, then make redrive ARGS='--queue %s' puts it back.", q.redriveName, q.redriveName)
	return []alarm{
		{q.name + "-DeadLetters", q.metric("ApproximateNumberOfMessagesVisible"), 0, 1,
			"Work has failed for good and waits in the " + q.redriveName + " dead-letter queue.", look},
		{q.name + "-DeadLetterAge", q.metric("ApproximateAgeOfOldestMessage"), ageLimitDays * 24 * 3600, 1,
			fmt.Sprintf("The oldest dead letter in the %s queue is over %d days old; SQS deletes it after %d.", q.redriveName, ageLimitDays, deadLetterDays), look},
	}
}

func functionAlarms(f function) []alarm {
	name := strings.ToLower(f.name)
	logs := "aws logs tail " + *f.logs.LogGroupName() + " --since 1h --filter-pattern ERROR shows why."
	return []alarm{
		{f.name + "-Errors", f.metric("Errors", "Sum"), 0, 3,
			"The " + name + " function has kept failing for 15 minutes; retries may still succeed.", logs},
		{f.name + "-Throttles", f.metric("Throttles", "Sum"), 0, 3,
			"The " + name + " function has kept being throttled for 15 minutes; Lambda retries for six hours.",
			"aws lambda get-account-settings shows the account's concurrency: ask for more, or free some."},
		{f.name + "-EventAge", f.metric("AsyncEventAge", "Maximum"), 3600 * 1000, 1,
			"Events for the " + name + " function wait for over an hour; after six hours they become dead letters.", logs},
		{f.name + "-EventsDropped", f.metric("AsyncEventsDropped", "Sum"), 0, 1,
			"Events for the " + name + " function were given up: most are in its dead-letter queue now.",
			"make redrive ARGS='--dry-run --queue " + name + "' lists them."},
		{f.name + "-DeadLetterErrors", f.metric("DeadLetterErrors", "Sum"), 0, 1,
			"Lambda could not put events of the " + name + " function into its dead-letter queue: they are lost here.",
			"Check that its role may send to the queue (cdk diff, cdk deploy). The guidance's output bucket still has the tasks' results."},
	}
}

func topicAlarms(settings Settings) []alarm {
	return []alarm{
		{"Topic-NotificationsFailed", topicMetric(settings, "NumberOfNotificationsFailed"), 0, 1,
			"SNS could not deliver notifications of the topic to a subscriber, these functions or another.",
			"make redrive ARGS='--dry-run --queue record-subscription' and --queue deliver-subscription show whether it was these; cdk deploy restores their permissions."},
		{"Topic-DeadLettersLost", topicMetric(settings, "NumberOfNotificationsFailedToRedriveToDlq"), 0, 1,
			"SNS could not put what it failed to deliver into a dead-letter queue: it is lost.",
			"cdk deploy restores the queues' policies. The guidance's output bucket still has the tasks' results."},
	}
}

// ownAlarms say what AWS's metrics can't.
func ownAlarms(settings Settings) []alarm {
	own := func(name, statistic string) awscloudwatch.Metric {
		return metric(settings.StackName, name, statistic, nil)
	}
	return []alarm{
		{"Deliver-Denied", own("NotDelivered_denied", "Sum"), 0, 1,
			"S3 or KMS denied a copy.",
			"Check the buckets' and keys' policies, and that outputKeyArn and deliveryKeyArn are given; then make redrive ARGS='--queue deliver'."},
		{"Record-Latency", own("PublishedToRecorded", "p99"), 5 * 60 * 1000, 3,
			"Announcements have been recorded more than five minutes late for 15 minutes.",
			"The dashboard shows throttles of the function, the task table and its index, and the age of waiting events."},
	}
}
