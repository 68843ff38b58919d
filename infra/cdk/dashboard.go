package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/tasktable"
)

// newDashboard makes one screen that answers: is it working, is it keeping up,
// what failed. It returns the dashboard's name.
func newDashboard(scope constructs.Construct, settings Settings, table awsdynamodb.ITable, record, deliver function, queues []deadLetterQueue) *string {
	own := func(name, statistic string, dimensions map[string]*string) awscloudwatch.IMetric {
		return metric(settings.StackName, name, statistic, dimensions)
	}
	var tasks, letters, images []awscloudwatch.IMetric
	for _, status := range []string{"running", "completed", "failed"} {
		tasks = append(tasks, own("Recorded", "Sum", map[string]*string{"Status": jsii.String(status)}))
	}
	for _, name := range []string{"Copied", "AlreadyDelivered", "NotDelivered_refused", "NotDelivered_missing", "NotDelivered_denied", "NotDelivered_conflict", "NotDelivered_unavailable"} {
		images = append(images, own(name, "Sum", nil))
	}
	for _, q := range queues {
		letters = append(letters, q.metric("ApproximateNumberOfMessagesVisible"))
	}
	latency := func(name string) []awscloudwatch.IMetric {
		return []awscloudwatch.IMetric{own(name, "p50", nil), own(name, "p99", nil)}
	}
	both := func(name, statistic string) []awscloudwatch.IMetric {
		return []awscloudwatch.IMetric{record.metric(name, statistic), deliver.metric(name, statistic)}
	}
	// An index that is throttled throttles its table.
	onTable := map[string]*string{"TableName": table.TableName()}
	onIndex := map[string]*string{"TableName": table.TableName(), "GlobalSecondaryIndexName": jsii.String(tasktable.StatusIndex)}
	troubles := append(both("Errors", "Sum"), both("Throttles", "Sum")...)
	troubles = append(troubles, metric("AWS/DynamoDB", "WriteThrottleEvents", "Sum", onTable), metric("AWS/DynamoDB", "WriteThrottleEvents", "Sum", onIndex))
	// Retries are Lambda's invocations beyond the events it took.
	retries := append(both("AsyncEventsReceived", "Sum"), both("Invocations", "Sum")...)

	dashboard := awscloudwatch.NewDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName:   jsii.String(settings.StackName),
		DefaultInterval: awscdk.Duration_Hours(jsii.Number(12)),
	})
	dashboard.AddWidgets(graph("Tasks by status", tasks), graph("Images", images), graph("Dead letters", letters))
	dashboard.AddWidgets(graph("Published to recorded (ms)", latency("PublishedToRecorded")),
		graph("Published to delivered (ms)", latency("PublishedToDelivered")), graph("Event age (ms)", both("AsyncEventAge", "Maximum")))
	dashboard.AddWidgets(graph("Events and invocations (more: retries)", retries),
		graph("Errors, and throttles of functions and table", troubles), graph("Concurrency", both("ConcurrentExecutions", "Maximum")))
	dashboard.AddWidgets(awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title:         jsii.String("Last failures"),
		LogGroupNames: jsii.Strings(*record.logs.LogGroupName(), *deliver.logs.LogGroupName()),
		QueryLines:    jsii.Strings("fields @timestamp, task_id, message_id, outcome, error", `filter level = "ERROR"`, "sort @timestamp desc", "limit 20"),
		Width:         jsii.Number(24), Height: jsii.Number(8),
	}))
	return jsii.String(settings.StackName)
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
