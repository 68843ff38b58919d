package main

import (
	"cmp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/tasktable"
)

// newDashboard makes a dashboard that fits on a screen and shows throughput, latency
// and failures. It returns the dashboard's name, which contains the Region, because
// dashboards are global to an account.
func newDashboard(d *deployed) (name string) {
	name = d.settings.StackName + "-" + d.settings.Region
	var letters []awscloudwatch.IMetric
	for _, q := range d.queues() {
		letters = append(letters, q.metric("ApproximateNumberOfMessagesVisible"))
	}
	// Invocations beyond the events that Lambda received are retries.
	retries := append(d.each("AsyncEventsReceived", "Sum"), d.each("Invocations", "Sum")...)
	dashboard := awscloudwatch.NewDashboard(d.stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName:   jsii.String(name),
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(12)),
	})
	dashboard.AddWidgets(graph("Tasks by status", d.own(metrics.Status, "Sum", metrics.Recorded)),
		graph("Images", d.own("", "Sum", metrics.Copied, metrics.AlreadyDelivered, metrics.NotDeliveredRefused,
			metrics.NotDeliveredMissing, metrics.NotDeliveredDenied, metrics.NotDeliveredConflict,
			metrics.NotDeliveredUnavailable, metrics.Empty)),
		graph("Dead letters", letters))
	dashboard.AddWidgets(
		graph("Share of failed tasks by runtime", d.own(metrics.Runtime, "Average", metrics.Failures)),
		graph("Duration by runtime (ms)", append(
			d.own(metrics.Runtime, "p50", metrics.Duration), d.own(metrics.Runtime, "p95", metrics.Duration)...)))
	dashboard.AddWidgets(graph("Published to recorded (ms)", d.latency(metrics.PublishedToRecorded)),
		graph("Published to delivered (ms)", d.latency(metrics.PublishedToDelivered)),
		graph("Event age (ms)", d.each("AsyncEventAge", "Maximum")))
	dashboard.AddWidgets(graph("Events and invocations (more: retries)", retries),
		graph("Errors, and throttles of functions and table", d.errorLines()),
		graph("Concurrency", d.each("ConcurrentExecutions", "Maximum")))
	dashboard.AddWidgets(graph("Reruns by runtime", d.own(metrics.Runtime, "Sum", metrics.Reruns)), d.lastFailures())
	if d.input != nil {
		dashboard.AddWidgets(graph("Queued to started (ms)", d.latency(metrics.Waited)),
			graph("Overdue tasks by runtime", d.own(metrics.Runtime, "Maximum", metrics.OverdueQueued, metrics.OverdueRunning)))
	}
	if d.settings.ReconcileHours > 0 {
		dashboard.AddWidgets(graph("Reconciled runs", d.own("", "Sum", metrics.ReconciledRepaired, metrics.ReconciledFailed,
			metrics.ReconciledMissingInTable, metrics.ReconciledMissingImage, metrics.ReconciledRemoved,
			metrics.ReconciledDifferent, metrics.ReconciledWithoutObjects, metrics.ReconciledUndecidable)))
	}
	return name
}

// own returns the graph lines of the functions' own metrics: a line for each value of the dimension, or a single line
// for each metric if the dimension is "".
func (d *deployed) own(dimension, statistic string, all ...metrics.Metric) (lines []awscloudwatch.IMetric) {
	values := map[string][]string{
		"":              {""},
		metrics.Status:  {string(announcement.Running), string(announcement.Completed), string(announcement.Failed)},
		metrics.Runtime: append(slices.Clone(d.settings.Runtimes), metrics.OtherRuntime, metrics.NoRuntime),
	}
	for _, m := range all {
		for _, value := range values[dimension] {
			dimensions := map[string]*string{}
			if dimension != "" {
				dimensions[dimension] = jsii.String(value)
			}
			lines = append(lines, metric(d.settings.StackName, m.Name, statistic, dimensions))
		}
	}
	return lines
}

// latency returns the graph lines of a time's median and a high percentile.
func (d *deployed) latency(m metrics.Metric) []awscloudwatch.IMetric {
	return append(d.own("", "p50", m), d.own("", "p99", m)...)
}

// each returns a metric of every subscribed function.
func (d *deployed) each(name, statistic string) (lines []awscloudwatch.IMetric) {
	for _, f := range d.subscribed() {
		lines = append(lines, f.metric(name, statistic))
	}
	return lines
}

// errorLines returns the graph lines of errors and throttles. A throttled index throttles its table.
func (d *deployed) errorLines() []awscloudwatch.IMetric {
	lines := append(d.each("Errors", "Sum"), d.each("Throttles", "Sum")...)
	throttles := func(dimensions map[string]*string) {
		dimensions["TableName"] = d.table.TableName()
		lines = append(lines, metric("AWS/DynamoDB", "WriteThrottleEvents", "Sum", dimensions))
	}
	throttles(map[string]*string{})
	throttles(map[string]*string{"GlobalSecondaryIndexName": jsii.String(tasktable.StatusIndex)})
	if d.settings.CallerContext != "" {
		throttles(map[string]*string{"GlobalSecondaryIndexName": jsii.String(tasktable.CallerIndex)})
	}
	return lines
}

func (d *deployed) lastFailures() awscloudwatch.IWidget {
	var logs []string
	for _, f := range d.subscribed() {
		logs = append(logs, *f.logs.LogGroupName())
	}
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title:         jsii.String("Last failures"),
		LogGroupNames: jsii.Strings(logs...),
		QueryLines: jsii.Strings("fields @timestamp, task_id, message_id, outcome, error, record.status, record.requestId",
			// Timeouts and crashes have no level: Lambda's own report has a status
			// ("Lambda Telemetry API Event schema reference", Lambda Developer Guide).
			`filter level = "ERROR" or (type = "platform.report" and record.status != "success")`,
			"sort @timestamp desc", "limit 20"),
		Width: jsii.Number(16), Height: jsii.Number(8),
	})
}

func graph(title string, metrics []awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Left: &metrics, Width: jsii.Number(8), Height: jsii.Number(6),
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0)},
	})
}

// consoles are the AWS console's domains, by partition.
var consoles = map[string]string{
	"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com",
}

// consoleURL returns the URL of CloudWatch's console in the stack's partition and Region.
func consoleURL(s Settings) string {
	console := cmp.Or(consoles[s.Partition], consoles["aws"])
	return "https://" + s.Region + "." + console + "/cloudwatch/home?region=" + s.Region
}

// metric returns a metric with a period of five minutes.
func metric(namespace, name, statistic string, dimensions map[string]*string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(namespace), MetricName: jsii.String(name), Statistic: jsii.String(statistic),
		DimensionsMap: &dimensions, Period: awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

func (q queue) metric(name string) awscloudwatch.Metric {
	return metric("AWS/SQS", name, "Maximum", map[string]*string{"QueueName": q.queue.QueueName()})
}

func (f function) metric(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/Lambda", name, statistic, map[string]*string{"FunctionName": f.function.FunctionName()})
}

func topicMetric(topic awssns.ITopic, name string) awscloudwatch.Metric {
	return metric("AWS/SNS", name, "Sum", map[string]*string{"TopicName": topic.TopicName()})
}

// ownMetric returns one of the functions' own metrics, without dimensions.
func ownMetric(settings Settings, m metrics.Metric, statistic string) awscloudwatch.IMetric {
	return metric(settings.StackName, m.Name, statistic, nil)
}
