package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/emf"
	"sdtasktracker/shared/metrics"
)

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

// ownLines are the lines that show one of the functions' own metrics in a graph:
// a time's median and 99th percentile, or a count for each status or in all.
func ownLines(settings Settings, m metrics.Metric) []awscloudwatch.IMetric {
	switch {
	case m.Unit == emf.Milliseconds:
		return []awscloudwatch.IMetric{ownMetric(settings, m, "p50"), ownMetric(settings, m, "p99")}
	case m.Dimensions == nil:
		return []awscloudwatch.IMetric{ownMetric(settings, m, "Sum")}
	}
	var lines []awscloudwatch.IMetric
	for _, status := range []announcement.Status{announcement.Running, announcement.Completed, announcement.Failed} {
		dimensions := map[string]*string{metrics.Status: jsii.String(string(status))}
		lines = append(lines, metric(settings.StackName, m.Name, "Sum", dimensions))
	}
	return lines
}
