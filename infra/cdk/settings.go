package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"sdtasktracker/shared/deployment"
)

// Settings is what a deployment is made of, validated.
type Settings struct {
	// StackName is the CloudFormation stack's name.
	StackName string
	// TopicARN is the guidance's output topic.
	TopicARN string
	// InputTopicARN is the guidance's input topic; "" if requests are not followed.
	InputTopicARN string
	// Partition, Account and Region are the topic's, and so the stack's: SNS
	// can't hand messages over to a function of another Region dependably, nor
	// to a dead-letter queue of another Region or account at all.
	Partition, Account, Region string
	// TaskTable is the name of an existing table to write to; "" to create one.
	TaskTable string
	// OutputBucket is the name of the bucket the guidance leaves images in.
	OutputBucket string
	// DeliveryBucket is the name of an existing bucket to deliver to; "" to
	// create one.
	DeliveryBucket string
	// DeliveryRegion is an existing delivery bucket's Region; "" for the stack's.
	DeliveryRegion string
	// DeliveryPrefix comes before every delivered key; {task_id}, {runtime}, {date} and
	// {context.PATH} in it are the announcement's.
	DeliveryPrefix string
	// DeliveryBucketEvents says whether a created delivery bucket sends its events to
	// EventBridge.
	DeliveryBucketEvents bool
	// DeliverOutput also delivers raw outputs and error reports.
	DeliverOutput bool
	// CallerContext is the path into a task's context to its caller; "" for none.
	CallerContext string
	// TaskEvents says whether there is a topic with an event for each end of a task.
	TaskEvents bool
	// ReconcileHours is how often reconcile repairs what was lost, in hours; 0 is never.
	ReconcileHours int
	// TaskErrors says whether record reads why tasks failed.
	TaskErrors bool
	// TaskRequests says whether record keeps what tasks were asked for.
	TaskRequests bool
	// FixExtensions delivers keys that end in None under the extension of their
	// content.
	FixExtensions bool
	// OutputKeyARN and DeliveryKeyARN are the KMS keys that the buckets'
	// objects are encrypted with; "" for none, or S3's own.
	OutputKeyARN, DeliveryKeyARN string
	// AlarmTopicARN and AlarmEmail are who is told of alarms; "" for nobody.
	AlarmTopicARN, AlarmEmail string
	// FailedPercent and FailedTasks are when failures are an alarm: more than so many
	// percent of at least so many tasks in an hour.
	FailedPercent, FailedTasks int
	// Tracing says whether X-Ray gets traces of the functions.
	Tracing bool
	// Dashboard says whether there is one.
	Dashboard bool
	// RetentionDays is after how many days a task's item expires; 0 is never.
	RetentionDays int
	// Runtimes are the runtime names that metrics tell apart.
	Runtimes []string
	// Tags are the user's own, in their order.
	Tags []Tag
	// Given are the settings as they were given, a cdk.context.json.
	Given map[string]any
}

// defaultRuntimes are the names in the guidance's own examples.
const defaultRuntimes = "sdruntime,comfyui"

// NewSettings validates the CDK context and reports everything that is wrong
// with it at once. account and region are where the CDK CLI is about to deploy
// to, "" where it doesn't know.
func NewSettings(context map[string]any, account, region string) (Settings, error) {
	r := contextReader{context: context, given: map[string]any{}}
	s := r.settings()
	r.refuseUnknown()
	if topic, err := arn.Parse(s.TopicARN); err == nil {
		s.Partition, s.Account, s.Region = topic.Partition, topic.AccountID, topic.Region
		r.checkPlaces(s, account, region)
	}
	s.TaskTable = lastPart(s.TaskTable)
	s.OutputBucket, s.DeliveryBucket = lastPart(s.OutputBucket), lastPart(s.DeliveryBucket)
	r.checkTogether(s)
	s.Given = r.given
	return s, r.err()
}

// settings reads every setting. A setting that is read here is declared.
func (r *contextReader) settings() Settings {
	return Settings{
		StackName:            r.text(deployment.StackNameSetting, deployment.DefaultStackName, stackForm),
		TopicARN:             r.required(deployment.TopicSetting, outputTopicForm),
		InputTopicARN:        r.text(deployment.InputTopicSetting, "", inputTopicForm),
		TaskTable:            r.text("taskTable", "", tableForm),
		OutputBucket:         r.required(deployment.OutputBucketSetting, bucketForm),
		DeliveryBucket:       r.text("deliveryBucket", "", bucketForm),
		DeliveryRegion:       r.text("deliveryRegion", "", regionForm),
		DeliveryPrefix:       r.text("deliveryPrefix", "", prefixForm),
		DeliveryBucketEvents: r.flag("deliveryBucketEvents", false),
		DeliverOutput:        r.flag("deliverOutput", false),
		CallerContext:        r.text("callerContext", "", callerForm),
		TaskEvents:           r.flag("taskEvents", false),
		ReconcileHours:       r.hours("reconcileEvery"),
		TaskErrors:           r.flag("taskErrors", true),
		TaskRequests:         r.flag("taskRequests", false),
		FixExtensions:        r.flag("fixExtensions", false),
		OutputKeyARN:         r.text("outputKeyArn", "", keyForm),
		DeliveryKeyARN:       r.text("deliveryKeyArn", "", keyForm),
		AlarmTopicARN:        r.text("alarmTopicArn", "", alarmTopicForm),
		AlarmEmail:           r.text("alarmEmail", "", emailForm),
		FailedPercent:        r.whole("alarmFailedPercent", 25, 100),
		FailedTasks:          r.whole("alarmFailedTasks", 10, 1_000_000),
		Tracing:              r.flag("tracing", true),
		Dashboard:            r.flag("dashboard", true),
		RetentionDays:        r.whole("retentionDays", 0, maxRetentionDays),
		Tags:                 r.tags("tags"),
		Runtimes:             strings.Split(r.text("runtimes", defaultRuntimes, runtimesForm), ","),
	}
}

// Tag is a tag of every resource that can have one.
type Tag struct{ Key, Value string }

// reservedTag is a key or a value that AWS reserves.
var reservedTag = regexp.MustCompile(`(?i)(^|=)aws:`)

// tags takes a comma-separated list of KEY=VALUE. IAM ignores the case of a role's tag keys, and so two tags whose keys
// differ only in case fail the deployment, or one replaces the other.
func (r *contextReader) tags(name string) (tags []Tag) {
	list := r.text(name, "", anyForm)
	if list == "" {
		return nil
	}
	for pair := range strings.SplitSeq(list, ",") {
		pair = strings.TrimSpace(pair)
		r.refuse(!tagForm.pattern.MatchString(pair), "%s has %q: each must be %s", name, pair, tagForm.name)
		r.refuse(reservedTag.MatchString(pair), "%s has %q: AWS reserves keys and values that begin with aws:", name, pair)
		key, value, _ := strings.Cut(pair, "=")
		for _, other := range slices.Concat(ownTags, tags) {
			r.refuse(strings.EqualFold(other.Key, key), "%s has %q, but the stack has the tag %q already, and IAM ignores case",
				name, key, other.Key)
		}
		tags = append(tags, Tag{key, value})
	}
	most := maxTags - len(ownTags)
	r.refuse(len(tags) > most, "%s lists %d tags: at most %d, since AWS allows %d and the stack sets %d itself",
		name, len(tags), most, maxTags, len(ownTags))
	return tags
}
