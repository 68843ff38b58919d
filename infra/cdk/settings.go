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
	// InputTopicARN is the guidance's input topic; "" if requests are not followed.
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
	// DeliveryPrefix begins every delivered key. {task_id}, {runtime}, {date} and
	// {context.PATH} stand for the announcement's values.
	DeliveryPrefix string
	// DeliveryBucketEvents says whether a created delivery bucket sends its events to
	// EventBridge.
	DeliveryBucketEvents bool
	// DeliverOutput also delivers raw outputs and error reports.
	DeliverOutput bool
	// CallerContext is the path into a task's context to its caller; "" for none.
	CallerContext string
	// TaskEvents says whether there is a topic that gets an event when a task has ended.
	TaskEvents bool
	// ReconcileHours is the interval at which reconcile repairs lost work; 0 is never.
	ReconcileHours int
	// TaskErrors says whether record reads error reports.
	TaskErrors bool
	// TaskRequests says whether record stores requests' parameters, such as prompts.
	TaskRequests bool
	// FixExtensions says whether keys that end in None are delivered with the
	// extension of their content.
	FixExtensions bool
	// OutputKeyARN and DeliveryKeyARN are the KMS keys that the buckets'
	// objects are encrypted with; "" for none, or S3's own.
	OutputKeyARN, DeliveryKeyARN string
	// AlarmTopicARN and AlarmEmail are notified of alarms; "" for nobody.
	AlarmTopicARN, AlarmEmail string
	// FailedPercent and FailedTasks: an alarm goes off when more than that percentage
	// of at least so many tasks in an hour failed.
	FailedPercent, FailedTasks int
	// Tracing says whether the functions send traces to X-Ray.
	Tracing bool
	// Dashboard says whether there is one.
	Dashboard bool
	// RetentionDays is the number of days after which a task's item expires; 0 is never.
	RetentionDays int
	// Runtimes are the runtime names that metrics distinguish.
	Runtimes []string
	// Tags are the user's own, in their order.
	Tags []Tag
	// Given are the settings as they were given: a cdk.context.json.
	Given map[string]any
}

// defaultRuntimes are the names in the guidance's own examples.
const defaultRuntimes = "sdruntime,comfyui"

// NewSettings reads the settings in the CDK context and reports all problems at once.
// account and region are where the CDK CLI is about to deploy to, or "" if it doesn't
// know.
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

// Tag is a tag of all resources that can have tags.
type Tag struct{ Key, Value string }

// reservedTag is a key or a value that AWS reserves.
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
	r.refuse(len(tags) > most, "%s lists %d tags: at most %d, since AWS allows %d and the stack sets %d itself",
		name, len(tags), most, maxTags, len(ownTags))
	return tags
}
