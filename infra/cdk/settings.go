package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"sdtasktracker/shared/deployment"
)

// Settings are a deployment's validated settings.
type Settings struct {
	// StackName is the CloudFormation stack's name.
	StackName string
	// TopicARN is the guidance's output topic.
	TopicARN string
	// InputTopicARN is the guidance's input topic; "" if the stack does not record
	// queued tasks.
	InputTopicARN string
	// Partition, Account and Region are the topic's and the stack's. SNS can't
	// dependably invoke a function of another Region, and has no dead-letter queue
	// in another Region or account.
	Partition, Account, Region string
	// TaskTable is the name of an existing table to write to; "" to create one.
	TaskTable string
	// OutputBucket is the name of the bucket that the guidance writes images to.
	OutputBucket string
	// DeliveryBucket is the name of an existing bucket to deliver to; "" to
	// create one.
	DeliveryBucket string
	// DeliveryRegion is an existing delivery bucket's Region; "" for the stack's.
	DeliveryRegion string
	// DeliveryPrefix is the prefix of every delivered key. Values of the announcement
	// replace {task_id}, {runtime}, {date} and {context.PATH}.
	DeliveryPrefix string
	// DeliveryBucketEvents reports whether a created delivery bucket sends its events
	// to EventBridge.
	DeliveryBucketEvents bool
	// DeliverOutput reports whether deliver also delivers raw outputs and error
	// reports.
	DeliverOutput bool
	// CallerContext is the path of the caller in a task's context; "" for none.
	CallerContext string
	// TaskEvents reports whether the stack has a topic that gets an event when a task
	// has ended.
	TaskEvents bool
	// ReconcileHours is the interval in hours at which reconcile repairs lost tasks; 0
	// is never.
	ReconcileHours int
	// TaskErrors reports whether record reads error reports.
	TaskErrors bool
	// TaskRequests reports whether record stores requests' parameters, such as prompts.
	TaskRequests bool
	// FixExtensions reports whether deliver replaces the extension None with the
	// extension of the object's content.
	FixExtensions bool
	// OutputKeyARN and DeliveryKeyARN are the KMS keys that the buckets'
	// objects are encrypted with; "" for none, or S3's own.
	OutputKeyARN, DeliveryKeyARN string
	// AlarmTopicARN and AlarmEmail are notified of alarms; "" for nobody.
	AlarmTopicARN, AlarmEmail string
	// FailedPercent and FailedTasks are limits: an alarm goes off when an hour has at
	// least FailedTasks tasks, and more than FailedPercent of them failed.
	FailedPercent, FailedTasks int
	// Tracing reports whether the functions send traces to X-Ray.
	Tracing bool
	// Dashboard reports whether the stack has a dashboard.
	Dashboard bool
	// RetentionDays is the number of days after which a task's item expires; 0 is never.
	RetentionDays int
	// Runtimes are the runtime names that metrics distinguish.
	Runtimes []string
	// Tags are the user's own tags, in their order.
	Tags []Tag
	// Given are the settings as they were given: the content of a cdk.context.json.
	Given map[string]any
}

// defaultRuntimes are the names in the guidance's own examples.
const defaultRuntimes = "sdruntime,comfyui"

// NewSettings reads the settings in the CDK context and reports all problems at once.
// The CDK CLI deploys to account and region; "" if it doesn't know them.
func NewSettings(context map[string]any, account, region string) (Settings, error) {
	r := contextReader{context: context, given: map[string]any{}}
	s := r.settings()
	r.refuseUnknown()
	if topic, err := arn.Parse(s.TopicARN); err == nil && outputTopicForm.pattern.MatchString(s.TopicARN) {
		s.Partition, s.Account, s.Region = topic.Partition, topic.AccountID, topic.Region
		r.checkPlaces(s, account, region)
	}
	s.TaskTable = lastPart(s.TaskTable)
	s.OutputBucket, s.DeliveryBucket = lastPart(s.OutputBucket), lastPart(s.DeliveryBucket)
	r.checkTogether(s)
	s.Given = r.given
	return s, r.err()
}

// settings reads every setting. Context keys that it doesn't read are refused.
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

// Tag is a tag of all resources that can have tags.
type Tag struct{ Key, Value string }

// reservedTag matches a tag with a key or a value that AWS reserves.
var reservedTag = regexp.MustCompile(`(?i)(^|=)aws:`)

// tags reads a comma-separated list of KEY=VALUE. Two keys must not differ only in case: IAM ignores the case of a
// role's tag keys, so the deployment would fail, or one tag replace the other.
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
	r.refuse(len(tags) > most, "%s lists %d tags, but at most %d are possible: AWS allows %d and the stack sets %d itself",
		name, len(tags), most, maxTags, len(ownTags))
	return tags
}
