package main

import (
	"regexp"
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

// maxRuntimes bounds what the metrics cost: CloudWatch bills each combination
// of status and runtime.
const maxRuntimes = 20

// maxRetentionDays is a hundred years.
const maxRetentionDays = 36_500

// maxPrefixBytes leaves at least half of a key's 1,024 bytes to the source key.
const maxPrefixBytes = 512

var (
	topicARN    = regexp.MustCompile(`^arn:(aws[a-z-]*):sns:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):([A-Za-z0-9_-]{1,256})$`)
	bucketName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	bucketARN   = regexp.MustCompile(`^arn:aws[a-z-]*:s3:::([^/:]+)$`)
	runtimeName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	keyARN      = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/` +
		`([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)
	email       = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	placeholder = regexp.MustCompile(`\{[^}]*\}?`)
	stackName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
)

// NewSettings validates the CDK context and reports everything that is wrong
// with it at once. account and region are where the CDK CLI is about to deploy
// to, "" where it doesn't know.
func NewSettings(context func(key string) any, account, region string) (Settings, error) {
	r := contextReader{context: context}
	s := Settings{
		StackName:      r.text("stackName", deployment.DefaultStackName),
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
	if !stackName.MatchString(s.StackName) {
		r.problem("stackName %q is not a CloudFormation stack name: letters, digits and hyphens, a letter first", s.StackName)
	}
	s.Account, s.Region = r.topicPlace(s.TopicARN, account, region)
	s.OutputBucket = r.bucket("outputBucket", s.OutputBucket)
	s.DeliveryBucket = r.bucket("deliveryBucket", s.DeliveryBucket)
	if s.DeliveryBucket != "" && s.DeliveryBucket == s.OutputBucket && s.DeliveryPrefix == "" {
		r.problem("deliveryBucket is the output bucket itself: name another bucket, or leave it out to have one created")
	}
	r.prefix(s.DeliveryPrefix)
	r.alarms(s)
	r.keys(s)
	slices.Sort(r.problems)
	return s, r.err()
}

// alarms checks who is told of alarms.
func (r *contextReader) alarms(s Settings) {
	if s.AlarmTopicARN != "" && !topicARN.MatchString(s.AlarmTopicARN) {
		r.problem("alarmTopicArn %q is not the ARN of a standard SNS topic", s.AlarmTopicARN)
	}
	if s.AlarmEmail != "" && !email.MatchString(s.AlarmEmail) {
		r.problem("alarmEmail %q is not an e-mail address", s.AlarmEmail)
	}
}

// keys checks the KMS keys.
func (r *contextReader) keys(s Settings) {
	for name, arn := range map[string]string{"outputKeyArn": s.OutputKeyARN, "deliveryKeyArn": s.DeliveryKeyARN} {
		if arn != "" && !keyARN.MatchString(arn) {
			r.problem("%s %q is not the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID "+
				"(an alias does not do: rights are given on keys)", name, arn)
		}
	}
}

const topicHelp = `pass -c topicArn=ARN, the ARN of the topic that announces tasks. To find it:
    aws cloudformation describe-stacks --stack-name SdOnEKSStack --output text \
      --query "Stacks[0].Outputs[?starts_with(OutputKey,'sdNotificationOutput')].OutputValue"`

const outputBucketHelp = `pass -c outputBucket=NAME, the name or ARN of the bucket that holds the images. To find it:
    aws cloudformation describe-stacks --stack-name SdOnEKSStack --output text \
      --query "Stacks[0].Outputs[?OutputKey=='OutputS3Bucket'].OutputValue"`
