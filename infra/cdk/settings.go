package main

import (
	"slices"

	"sdtasktracker/shared/deployment"
)

// Settings is what a deployment is made of, validated.
type Settings struct {
	// StackName is the CloudFormation stack's name.
	StackName string
	// TopicARN is the publisher's output topic.
	TopicARN string
	// Account and Region are the topic's, and so the stack's: SNS can't hand
	// messages over to a function of another Region dependably, nor to a
	// dead-letter queue of another Region or account at all.
	Account, Region string
	// OutputBucket is the name of the bucket the publisher leaves images in.
	OutputBucket string
	// DeliveryBucket is the name of an existing bucket to deliver to; "" to
	// create one.
	DeliveryBucket string
	// DeliveryPrefix comes before every delivered key; {task_id} and
	// {runtime} in it are the announcement's.
	DeliveryPrefix string
	// DeliverOutput also delivers raw outputs and error reports.
	DeliverOutput bool
	// OutputKeyARN and DeliveryKeyARN are the KMS keys that the buckets'
	// objects are encrypted with; "" for none, or S3's own.
	OutputKeyARN, DeliveryKeyARN string
	// AlarmTopicARN and AlarmEmail are who is told of alarms; "" for nobody.
	AlarmTopicARN, AlarmEmail string
	// Dashboard says whether there is one.
	Dashboard bool
	// RetentionDays is after how many days a task's item expires; 0 is never.
	RetentionDays int
	// Runtimes are the runtime names that metrics tell apart.
	Runtimes []string
}

// defaultRuntimes are the names in the publisher's own examples.
const defaultRuntimes = "sdruntime,comfyui"

// NewSettings validates the CDK context and reports everything that is wrong
// with it at once. account and region are where the CDK CLI is about to deploy
// to, "" where it doesn't know.
func NewSettings(context func(key string) any, account, region string) (Settings, error) {
	r := contextReader{context: context}
	s := Settings{
		StackName:      r.stackName(deployment.DefaultStackName),
		TopicARN:       r.required("topicArn", topicHelp),
		OutputBucket:   r.required("outputBucket", outputBucketHelp),
		DeliveryBucket: r.text("deliveryBucket", ""),
		DeliveryPrefix: r.text("deliveryPrefix", ""),
		DeliverOutput:  r.flag("deliverOutput", false),
		OutputKeyARN:   r.text("outputKeyArn", ""),
		DeliveryKeyARN: r.text("deliveryKeyArn", ""),
		AlarmTopicARN:  r.text("alarmTopicArn", ""),
		AlarmEmail:     r.text("alarmEmail", ""),
		Dashboard:      r.flag("dashboard", true),
		RetentionDays:  r.days("retentionDays"),
		Runtimes:       r.names("runtimes", defaultRuntimes),
	}
	s.Account, s.Region = r.topicPlace(s.TopicARN, account, region)
	s.OutputBucket = r.bucket("outputBucket", s.OutputBucket)
	s.DeliveryBucket = r.bucket("deliveryBucket", s.DeliveryBucket)
	if s.DeliveryBucket != "" && s.DeliveryBucket == s.OutputBucket && s.DeliveryPrefix == "" {
		r.problem("deliveryBucket is the output bucket itself: name another bucket, or leave it out to have one created")
	}
	r.prefix(s.DeliveryPrefix)
	r.alarmTargets(s.AlarmTopicARN, s.AlarmEmail)
	r.key("outputKeyArn", s.OutputKeyARN)
	r.key("deliveryKeyArn", s.DeliveryKeyARN)
	slices.Sort(r.problems)
	return s, r.err()
}
