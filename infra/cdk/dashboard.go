package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/metrics"
	"sdtasktracker/shared/tasktable"
)

// The graphs of the functions' own metrics.
var (
	tasksGraph           = ownGraph{"Tasks by status", []metrics.Metric{metrics.Recorded}}
	failuresGraph        = ownGraph{"Share of failed tasks by runtime", []metrics.Metric{metrics.Failures}}
	durationGraph        = ownGraph{"Duration by runtime (ms)", []metrics.Metric{metrics.Duration}}
	rerunsGraph          = ownGraph{"Reruns by runtime", []metrics.Metric{metrics.Reruns}}
	recordLatencyGraph   = ownGraph{"Published to recorded (ms)", []metrics.Metric{metrics.PublishedToRecorded}}
	deliveryLatencyGraph = ownGraph{"Published to delivered (ms)", []metrics.Metric{metrics.PublishedToDelivered}}
	overdueGraph         = ownGraph{"Overdue tasks by runtime", []metrics.Metric{
		metrics.OverdueQueued, metrics.OverdueRunning}}
	waitGraph   = ownGraph{"Queued to started (ms)", []metrics.Metric{metrics.Waited}}
	imagesGraph = ownGraph{"Images", []metrics.Metric{
		metrics.Copied, metrics.AlreadyDelivered, metrics.NotDeliveredRefused, metrics.NotDeliveredMissing,
		metrics.NotDeliveredDenied, metrics.NotDeliveredConflict, metrics.NotDeliveredUnavailable, metrics.Empty,
	}}
	reconciledGraph = ownGraph{"Reconciled runs", []metrics.Metric{
		metrics.ReconciledRepaired, metrics.ReconciledFailed, metrics.ReconciledMissingInTable,
		metrics.ReconciledMissingImage, metrics.ReconciledRemoved, metrics.ReconciledDifferent,
		metrics.ReconciledWithoutObjects, metrics.ReconciledUndecidable,
	}}
)

// ownGraph is a graph of some of the functions' own metrics.
type ownGraph struct {
	title   string
	metrics []metrics.Metric
}

// newDashboard makes one screen that answers: is it working, is it keeping up,
// what failed. It returns the dashboard's name, which has the Region in it:
// dashboards are global to an account.
func newDashboard(d *deployed) (name string) {
	name = d.settings.StackName + "-" + d.settings.Region
	var letters []awscloudwatch.IMetric
	for _, q := range d.queues() {
		letters = append(letters, q.metric("ApproximateNumberOfMessagesVisible"))
	}
	// Lambda retries: invocations beyond the events it received.
	retries := append(d.each("AsyncEventsReceived", "Sum"), d.each("Invocations", "Sum")...)
	dashboard := awscloudwatch.NewDashboard(d.stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName:   jsii.String(name),
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(12)),
	})
	dashboard.AddWidgets(tasksGraph.widget(d.settings), imagesGraph.widget(d.settings), graph("Dead letters", letters))
	dashboard.AddWidgets(failuresGraph.widget(d.settings), durationGraph.widget(d.settings))
	dashboard.AddWidgets(recordLatencyGraph.widget(d.settings), deliveryLatencyGraph.widget(d.settings),
		graph("Event age (ms)", d.each("AsyncEventAge", "Maximum")))
	dashboard.AddWidgets(graph("Events and invocations (more: retries)", retries),
		graph("Errors, and throttles of functions and table", d.errorLines()),
		graph("Concurrency", d.each("ConcurrentExecutions", "Maximum")))
	dashboard.AddWidgets(rerunsGraph.widget(d.settings), d.lastFailures())
	if d.input != nil {
		dashboard.AddWidgets(waitGraph.widget(d.settings), overdueGraph.widget(d.settings))
	}
	if d.settings.ReconcileHours > 0 {
		dashboard.AddWidgets(reconciledGraph.widget(d.settings))
	}
	return name
}

// each is a metric of every subscribed function.
func (d *deployed) each(name, statistic string) (lines []awscloudwatch.IMetric) {
	for _, f := range d.subscribed() {
		lines = append(lines, f.metric(name, statistic))
	}
	return lines
}

// errorLines are errors, and throttles. A throttled index throttles its table.
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

func (g ownGraph) widget(settings Settings) awscloudwatch.IWidget {
	var lines []awscloudwatch.IMetric
	for _, m := range g.metrics {
		lines = append(lines, ownLines(settings, m)...)
	}
	return graph(g.title, lines)
}

func graph(title string, metrics []awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Left: &metrics, Width: jsii.Number(8), Height: jsii.Number(6),
		LeftYAxis: &awscloudwatch.YAxisProps{Min: jsii.Number(0)},
	})
}

// consoleURL is CloudWatch's console in the stack's partition and Region.
func consoleURL(settings Settings) string {
	domain := "console.aws.amazon.com"
	switch partition := strings.Split(settings.TopicARN, ":")[1]; partition {
	case "aws-cn":
		domain = "console.amazonaws.cn"
	case "aws-us-gov":
		domain = "console.amazonaws-us-gov.com"
	}
	return "https://" + settings.Region + "." + domain + "/cloudwatch/home?region=" + settings.Region
}

// metric is one of AWS's own metrics, or ours, over five minutes.
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

func topicMetric(settings Settings, name string) awscloudwatch.Metric {
	topic := settings.TopicARN[strings.LastIndex(settings.TopicARN, ":")+1:]
	return metric("AWS/SNS", name, "Sum", map[string]*string{"TopicName": jsii.String(topic)})
}

// ownMetric is one of the functions' own metrics, under no dimension.
func ownMetric(settings Settings, m metrics.Metric, statistic string) awscloudwatch.IMetric {
	return metric(settings.StackName, m.Name, statistic, nil)
}

// ownLines are the lines that show one of the functions' own metrics in a graph: a time's
// median and a high percentile, or a count for each status, for each runtime, or in all.
func ownLines(settings Settings, m metrics.Metric) []awscloudwatch.IMetric {
	split := func(dimension, statistic string, values ...string) (lines []awscloudwatch.IMetric) {
		for _, value := range values {
			dimensions := map[string]*string{dimension: jsii.String(value)}
			lines = append(lines, metric(settings.StackName, m.Name, statistic, dimensions))
		}
		return lines
	}
	runtimes := append(slices.Clone(settings.Runtimes), metrics.OtherRuntime, metrics.NoRuntime)
	has := func(dimension string) bool {
		return slices.ContainsFunc(m.Dimensions, func(set []string) bool { return slices.Equal(set, []string{dimension}) })
	}
	switch {
	case m.Name == metrics.Duration.Name:
		return append(split(metrics.Runtime, "p50", runtimes...), split(metrics.Runtime, "p95", runtimes...)...)
	case m.Name == metrics.Failures.Name:
		return split(metrics.Runtime, "Average", runtimes...)
	case m.Unit == metrics.Milliseconds:
		return []awscloudwatch.IMetric{ownMetric(settings, m, "p50"), ownMetric(settings, m, "p99")}
	case has(metrics.Status):
		return split(metrics.Status, "Sum",
			string(announcement.Running), string(announcement.Completed), string(announcement.Failed))
	case has(metrics.Runtime):
		return split(metrics.Runtime, "Sum", runtimes...)
	}
	return []awscloudwatch.IMetric{ownMetric(settings, m, "Sum")}
}
