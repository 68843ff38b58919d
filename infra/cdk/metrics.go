package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/announcement"
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
// a time's median and 99th percentile, or a count for each status, for each
// runtime, or in all.
func ownLines(settings Settings, m metrics.Metric) []awscloudwatch.IMetric {
	split := func(dimension string, values ...string) (lines []awscloudwatch.IMetric) {
		for _, value := range values {
			dimensions := map[string]*string{dimension: jsii.String(value)}
			lines = append(lines, metric(settings.StackName, m.Name, "Sum", dimensions))
		}
		return lines
	}
	has := func(dimension string) bool {
		return slices.ContainsFunc(m.Dimensions, func(set []string) bool { return slices.Equal(set, []string{dimension}) })
	}
	switch {
	case m.Unit == metrics.Milliseconds:
		return []awscloudwatch.IMetric{ownMetric(settings, m, "p50"), ownMetric(settings, m, "p99")}
	case has(metrics.Status):
		return split(metrics.Status,
			string(announcement.Running), string(announcement.Completed), string(announcement.Failed))
	case has(metrics.Runtime):
		return split(metrics.Runtime, append(slices.Clone(settings.Runtimes), metrics.OtherRuntime, metrics.NoRuntime)...)
	}
	return []awscloudwatch.IMetric{ownMetric(settings, m, "Sum")}
}
