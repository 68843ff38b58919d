package main

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/metrics"
)

// alarm declares an alarm. It goes off when the metric exceeds the threshold in each
// of this many consecutive periods.
type alarm struct {
	name      string
	metric    awscloudwatch.IMetric
	threshold float64
	periods   float64
	// meaning and action tell an operator what happened and what to do; more is the
	// path, in the repository, of the section that explains it.
	meaning, action, more string
}

// newAlarms makes the alarms. Missing data counts as healthy, because every metric
// here is reported only when something happens. The alarms notify only of the state
// ALARM: a new alarm changes from INSUFFICIENT_DATA to OK, and would notify of that
// ("PutMetricAlarm", Amazon CloudWatch API Reference).
func newAlarms(d *deployed) {
	actions := alarmActions(d.stack, d.settings)
	alarms := append([]alarm{failedAlarm(d.settings)}, queueAlarms(d)...)
	alarms = append(alarms, functionAlarms(d)...)
	alarms = append(alarms, ownAlarms(d)...)
	if d.events != nil {
		alarms = append(alarms, eventAlarms(d)...)
	}
	if d.schedules != nil {
		alarms = append(alarms, reconcileAlarms(d)...)
	}
	if d.input != nil {
		alarms = append(alarms, overdueAlarms(d)...)
	}
	newSlowAlarm(d).AddAlarmAction(actions...)
	for _, a := range alarms {
		made := awscloudwatch.NewAlarm(d.stack, jsii.String(a.name+"Alarm"), &awscloudwatch.AlarmProps{
			AlarmName:          jsii.String(d.settings.StackName + "-" + a.name),
			AlarmDescription:   a.description(),
			Metric:             a.metric,
			Threshold:          jsii.Number(a.threshold),
			EvaluationPeriods:  jsii.Number(a.periods),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
		made.AddAlarmAction(actions...)
	}
}

func (a alarm) description() *string {
	return jsii.String(a.meaning + " " + a.action + " See " + a.more)
}

// alarmActions returns the actions that notify the topic and the address in the
// settings.
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

// newAlarmTopic makes a topic that this account's alarms may publish to. They need
// a statement in its policy, because requiring TLS replaces the default policy, which
// lets the account's own services publish.
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

// failedAlarm watches the share of failed tasks.
func failedAlarm(s Settings) alarm {
	of := func(statistic string) awscloudwatch.IMetric { return ownMetric(s, metrics.Failures, statistic) }
	share := awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression:   jsii.String(fmt.Sprintf("IF(tasks >= %d, 100 * failed, 0)", s.FailedTasks)),
		UsingMetrics: &map[string]awscloudwatch.IMetric{"tasks": of("SampleCount"), "failed": of("Average")},
		Label:        jsii.String("failed tasks (%)"), Period: minutes(60),
	})
	return alarm{"Tasks-Failed", share, float64(s.FailedPercent), 1,
		fmt.Sprintf("More than %d%% of the tasks that ended in an hour failed, and at least %d ended.", s.FailedPercent,
			s.FailedTasks),
		s.tasks("stats --since 2h") + " shows which runtime fails, and why; " + s.tasks("failures --since 2h") +
			" lists the tasks.", runbook + "failing-tasks"}
}

// slowBand is how far above the usual duration the alarm goes off, in standard
// deviations. With CloudWatch's default, 2, a few large images would raise it.
const slowBand = 6

// newSlowAlarm makes the alarm for tasks that take longer than CloudWatch expects at this hour and
// weekday, from the last two weeks. No fixed limit suits all models, sizes and GPUs.
func newSlowAlarm(d *deployed) awscloudwatch.AlarmBase {
	s := d.settings
	about := alarm{meaning: "For two hours, half of the tasks have taken far longer than usual at this time of the week.",
		action: s.tasks("stats --since 2h") + " shows which runtime is slow; the log of its pods says why.",
		more:   runbook + "slow-tasks"}
	hourly := metric(s.StackName, metrics.Duration.Name, "p50", nil).
		With(&awscloudwatch.MetricOptions{Period: minutes(60)})
	return awscloudwatch.NewAnomalyDetectionAlarm(d.stack, jsii.String("Tasks-SlowAlarm"),
		&awscloudwatch.AnomalyDetectionAlarmProps{
			AlarmName:          jsii.String(s.StackName + "-Tasks-Slow"),
			AlarmDescription:   about.description(),
			Metric:             hourly,
			StdDevs:            jsii.Number(slowBand),
			EvaluationPeriods:  jsii.Number(2),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_UPPER_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
}

// total returns the sum of metrics; a metric without data counts as 0. CloudWatch
// bills an alarm on the sum for each of the metrics.
func total(label string, period awscdk.Duration, all []awscloudwatch.IMetric) awscloudwatch.IMetric {
	using, terms := map[string]awscloudwatch.IMetric{}, []string{}
	for i, m := range all {
		name := fmt.Sprint("m", i+1)
		using[name] = m
		terms = append(terms, "FILL("+name+", 0)")
	}
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String(strings.Join(terms, " + ")), UsingMetrics: &using, Label: jsii.String(label), Period: period,
	})
}

// neverEmptyDays is the number of days after which dead letters are urgent. An alarm
// can't look back longer, with periods of an hour or more ("PutMetricAlarm", Amazon
// CloudWatch API Reference).
const neverEmptyDays = 7

func queueAlarms(d *deployed) []alarm {
	var visible []awscloudwatch.IMetric
	for _, q := range d.queues() {
		visible = append(visible, q.metric("ApproximateNumberOfMessagesVisible"))
	}
	look := d.settings.tasks("redrive --dry-run") + " says why they failed. Fix the cause, then " +
		d.settings.tasks("redrive") + " retries them."
	const label = "dead letters"
	return []alarm{
		{"DeadLetters", total(label, minutes(5), visible), 0, 1,
			"Dead letters are waiting: events or messages that failed.", look, runbook + "a-dead-letter"},
		// ApproximateAgeOfOldestMessage would not do: it leaves out messages that were
		// received three times, and a dry run receives them. A dry run also hides
		// messages, but only for minutes, not for a whole period.
		{"DeadLetterAge", total(label, minutes(60), visible), 0, neverEmptyDays * 24,
			fmt.Sprintf("For %d days, dead letters have been waiting; SQS deletes a dead letter after %d days.",
				neverEmptyDays, deadLetterDays), look, runbook + "a-dead-letter"},
	}
}

func minutes(n float64) awscdk.Duration { return awscdk.Duration_Minutes(jsii.Number(n)) }

// failures matches the log lines of failed invocations: the function's own errors,
// and Lambda's reports of timeouts and crashes, which have no level ("Lambda
// Telemetry API Event schema reference", Lambda Developer Guide).
const failures = `{ $.level = "ERROR" || ($.type = "platform.report" && $.record.status != "success") }`

// functionAlarms watch events that are not in a dead-letter queue: throttled events,
// which Lambda retries for hours first, and lost events.
func functionAlarms(d *deployed) []alarm {
	s := d.settings
	const undelivered = "NumberOfNotificationsFailedToRedriveToDlq"
	lost := append(d.each("DeadLetterErrors", "Sum"), topicMetric(d.topic, undelivered))
	if d.input != nil {
		lost = append(lost, topicMetric(d.input, undelivered))
	}
	return []alarm{
		{"Throttles", total("throttles", minutes(5), d.each("Throttles", "Sum")), 0, 3,
			"A function has been throttled for 15 minutes; Lambda retries its events for up to six hours.",
			concurrency(s) + " Afterwards " + s.tasks("redrive") + " retries events that became dead letters.",
			runbook + "a-throttled-function"},
		{"Lost", total("lost", minutes(5), lost), 0, 1,
			"SNS or Lambda could not write a failed event to its dead-letter queue, so the event is lost.",
			"The roles and the queues' policies must allow it: " + undo + ". Then " + s.repair() +
				" repairs what was lost.", runbook + "a-lost-event"},
	}
}

// concurrency says what to do about a throttled function.
func concurrency(settings Settings) string {
	return settings.aws("lambda", "get-account-settings") +
		" shows the account's concurrency: request a higher quota, or lower other functions' reserved concurrency."
}

// ownAlarms watch the functions' own metrics.
func ownAlarms(d *deployed) []alarm {
	settings := d.settings
	return []alarm{
		{"Deliver-Empty", ownMetric(settings, metrics.Empty, "Sum"), 0, 1,
			"Tasks completed without images, or with an image of 0 bytes. Failed ComfyUI tasks look like this.",
			settings.logs(d.named("deliver"), "1h", "{ $.Empty > 0 }") + " names them; the log of the guidance's runtime says " +
				"why.", runbook + "a-task-without-images"},
		{"Record-Reruns", ownMetric(settings, metrics.Reruns, "Sum"), 0, 1,
			"Tasks were generated more than once, and GPU time was paid for each: the guidance's input queue hands a " +
				"task out again while it still runs. (A caller that reuses an id looks the same.)",
			settings.tasks("list --reruns") + " names them, and " + settings.tasks("doctor") + " prints the command that " +
				"raises the queue's visibility timeout above the tasks' longest duration.", "functions/README.md#reruns"},
		{"Record-Latency", ownMetric(settings, metrics.PublishedToRecorded, "p99"), 5 * 60 * 1000, 3,
			"For 15 minutes, announcements have been recorded more than five minutes after they were published.",
			"The dashboard shows throttles of the function, the task table and its index, and the age of waiting events.",
			runbook + "a-throttled-function"},
	}
}
