package main

import (
	"encoding/json"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/version"
)

// NewStack adds the stack to an app: functions that the topic invokes, the task table
// and the delivery bucket that they write to, and a dead-letter queue for each
// asynchronous step.
func NewStack(app constructs.Construct, settings Settings) awscdk.Stack {
	stack := awscdk.NewStack(app, jsii.String(settings.StackName), &awscdk.StackProps{
		Description: jsii.String("Turns Stable Diffusion task announcements into a task table and delivered images."),
		Env:         &awscdk.Environment{Account: jsii.String(settings.Account), Region: jsii.String(settings.Region)},
	})
	d := &deployed{
		stack:    stack,
		settings: settings,
		topic:    awssns.Topic_FromTopicArn(stack, jsii.String("Topic"), jsii.String(settings.TopicARN)),
		table:    newTaskTable(stack, settings),
		output:   awss3.Bucket_FromBucketName(stack, jsii.String("OutputBucket"), jsii.String(settings.OutputBucket)),
		delivery: newDeliveryBucket(stack, settings),
	}
	if settings.InputTopicARN != "" {
		d.input = awssns.Topic_FromTopicArn(stack, jsii.String("InputTopic"), jsii.String(settings.InputTopicARN))
	}
	if settings.TaskEvents {
		d.events = newTaskEvents(stack)
	}
	for _, define := range definitions {
		d.add(define(d))
	}
	newSchedules(d)
	newAlarms(d)
	addTags(stack, settings.Tags)
	newOutputs(d)
	return stack
}

// newOutputs makes the stack's outputs. Scripts can rely on their names.
func newOutputs(d *deployed) {
	scope := constructs.NewConstruct(d.stack, jsii.String("Outputs"))
	add := func(name, description string, value *string) {
		output := awscdk.NewCfnOutput(scope, jsii.String(name), &awscdk.CfnOutputProps{
			Description: jsii.String(description),
			Value:       value,
		})
		output.OverrideLogicalId(jsii.String(name))
	}
	add(deployment.TopicARN, "The topic that invokes the functions", d.topic.TopicArn())
	if d.input != nil {
		add(deployment.InputTopicARN, "The topic with the requests for tasks, which invokes record",
			d.input.TopicArn())
	}
	add(deployment.TaskTable, "The DynamoDB table with an item for each task", d.table.TableName())
	add(deployment.OutputBucket, "The bucket that images are copied from", d.output.BucketName())
	add(deployment.DeliveryBucket, "The bucket that images are delivered to", d.delivery.BucketName())
	for _, f := range d.functions {
		add(deployment.FunctionOutput(f.name), f.description, f.function.FunctionName())
	}
	add(deployment.Version, "The version of this project that is deployed", jsii.String(version.Version))
	given, _ := json.Marshal(d.settings.Given) // it was decoded from JSON
	add(deployment.Settings, "The settings of this deployment, as the content of a cdk.context.json",
		jsii.String(string(given)))
	if d.settings.DeliveryBucket != "" {
		add(deployment.DeliveryBucketPolicy, "What the delivery bucket's policy must allow if another account owns it",
			d.stack.ToJsonString(d.deliveryPolicy(), nil))
	}
	if d.events != nil {
		add(deployment.TaskEventsTopicARN, "The topic with an event for each task that has ended", d.events.TopicArn())
	}
	for _, q := range d.queues() {
		add(q.name.Output(), q.holds, q.queue.QueueUrl())
	}
	if d.settings.Dashboard {
		url := consoleURL(d.settings) + "#dashboards/dashboard/" + newDashboard(d)
		add(deployment.DashboardURL, "The CloudWatch dashboard: throughput, latency and failures", jsii.String(url))
	}
}

// ownTags are the tags that the stack sets itself.
var ownTags = []Tag{{"project", "sd-task-tracker"}, {"version", version.Version}}

// addTags tags the resources of a stack, except dashboards: some Regions don't support
// their property Tags yet, and CloudFormation refuses unknown properties.
func addTags(stack awscdk.Stack, users []Tag) {
	tags := awscdk.Tags_Of(stack)
	for _, tag := range slices.Concat(ownTags, users) {
		tags.Add(jsii.String(tag.Key), jsii.String(tag.Value), &awscdk.TagProps{
			ExcludeResourceTypes: jsii.Strings("AWS::CloudWatch::Dashboard"),
		})
	}
}
