package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

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
	// ReconcileEvery is how often reconcile repairs what was lost, whole hours; 0 is
	// never.
	ReconcileEvery time.Duration
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
	Given string
}

// defaultRuntimes are the names in the guidance's own examples.
const defaultRuntimes = "sdruntime,comfyui"

// NewSettings validates the CDK context and reports everything that is wrong
// with it at once. account and region are where the CDK CLI is about to deploy
// to, "" where it doesn't know.
func NewSettings(context map[string]any, account, region string) (Settings, error) {
	r := contextReader{context: context}
	s := r.settings()
	stack := r.topicPlace(s.TopicARN, account, region)
	s.Partition, s.Account, s.Region = stack.partition, stack.account, stack.region
	r.inputTopic(s, stack)
	s.TaskTable = r.table(s.TaskTable, stack)
	s.OutputBucket = r.bucket(deployment.OutputBucketSetting, s.OutputBucket)
	s.DeliveryBucket = r.bucket("deliveryBucket", s.DeliveryBucket)
	if s.DeliveryBucket != "" && s.DeliveryBucket == s.OutputBucket && s.DeliveryPrefix == "" {
		r.problem("deliveryBucket is the output bucket itself: name another bucket, or leave it out to have one created")
	}
	if s.DeliveryBucketEvents && s.DeliveryBucket != "" {
		r.problem("deliveryBucketEvents is for a bucket that the stack creates: leave out deliveryBucket, " +
			"or have your bucket send its events itself")
	}
	r.prefix(s.DeliveryPrefix)
	r.alarmTargets(s, stack)
	r.key("outputKeyArn", s.OutputKeyARN, stack)
	r.key("deliveryKeyArn", s.DeliveryKeyARN, r.deliveryPlace(s.DeliveryBucket, s.DeliveryRegion, stack))
	r.refuseUnknown()
	given, err := json.Marshal(r.given())
	if err != nil {
		return s, fmt.Errorf("encode the settings: %w", err)
	}
	s.Given = string(given)
	return s, r.err()
}

// settings reads every setting. A setting that is read here is declared.
func (r *contextReader) settings() Settings {
	return Settings{
		StackName:            r.stackName(deployment.StackNameSetting, deployment.DefaultStackName),
		TopicARN:             r.required(deployment.TopicSetting, topicHelp),
		InputTopicARN:        r.text(deployment.InputTopicSetting, ""),
		TaskTable:            r.text("taskTable", ""),
		OutputBucket:         r.required(deployment.OutputBucketSetting, outputBucketHelp),
		DeliveryBucket:       r.text("deliveryBucket", ""),
		DeliveryRegion:       r.text("deliveryRegion", ""),
		DeliveryPrefix:       r.text("deliveryPrefix", ""),
		DeliveryBucketEvents: r.flag("deliveryBucketEvents", false),
		DeliverOutput:        r.flag("deliverOutput", false),
		CallerContext:        r.contextPath("callerContext"),
		TaskEvents:           r.flag("taskEvents", false),
		ReconcileEvery:       r.interval("reconcileEvery"),
		TaskErrors:           r.flag("taskErrors", true),
		TaskRequests:         r.flag("taskRequests", false),
		FixExtensions:        r.flag("fixExtensions", false),
		OutputKeyARN:         r.text("outputKeyArn", ""),
		DeliveryKeyARN:       r.text("deliveryKeyArn", ""),
		AlarmTopicARN:        r.text("alarmTopicArn", ""),
		AlarmEmail:           r.text("alarmEmail", ""),
		FailedPercent:        r.whole("alarmFailedPercent", 25, 100),
		FailedTasks:          r.whole("alarmFailedTasks", 10, 1_000_000),
		Tracing:              r.flag("tracing", true),
		Dashboard:            r.flag("dashboard", true),
		RetentionDays:        r.days("retentionDays"),
		Tags:                 r.tags("tags"),
		Runtimes:             r.runtimes("runtimes", defaultRuntimes),
	}
}

// Tag is a tag of every resource that can have one.
type Tag struct{ Key, Value string }

// What all services accept ("Tag naming limits and requirements", Tagging AWS
// Resources User Guide, and "Tags for AWS Identity and Access Management
// resources", IAM User Guide). EventBridge Scheduler takes no empty value (TagValue,
// EventBridge Scheduler API Reference).
const (
	maxTags     = 50 // of a resource
	maxTagKey   = 128
	maxTagValue = 256
)

var tagText = regexp.MustCompile(`^[a-zA-Z0-9 _.:/=+@-]*$`)

// tags takes a comma-separated list of KEY=VALUE.
func (r *contextReader) tags(name string) (tags []Tag) {
	list := r.text(name, "")
	if list == "" {
		return nil
	}
	for pair := range strings.SplitSeq(list, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || key == "" || value == "" || len(key) > maxTagKey || len(value) > maxTagValue ||
			!tagText.MatchString(key+value) {
			r.problem("%s has %q: each is KEY=VALUE, neither of them empty, of letters, digits, spaces and _.:/=+@-; "+
				"a key has at most %d characters, a value at most %d", name, pair, maxTagKey, maxTagValue)
			continue
		}
		r.tagConflicts(name, tags, Tag{key, value})
		tags = append(tags, Tag{key, value})
	}
	if most := maxTags - len(ownTags); len(tags) > most {
		r.problem("%s lists %d tags: at most %d, since AWS allows %d and the stack sets %d itself",
			name, len(tags), most, maxTags, len(ownTags))
	}
	return tags
}

// tagConflicts refuses a tag that AWS reserves, and a key that another tag has. IAM
// ignores the case of a role's tag keys, and so two tags whose keys differ only in
// case fail the deployment, or one replaces the other.
func (r *contextReader) tagConflicts(name string, others []Tag, tag Tag) {
	for _, text := range []string{tag.Key, tag.Value} {
		if strings.HasPrefix(strings.ToLower(text), "aws:") {
			r.problem("%s has %q: AWS reserves keys and values that begin with aws:", name, text)
		}
	}
	same := func(other Tag) bool { return strings.EqualFold(other.Key, tag.Key) }
	if slices.ContainsFunc(ownTags, same) {
		r.problem("%s has %q, a tag that the stack sets itself: use another key", name, tag.Key)
	}
	if i := slices.IndexFunc(others, same); i >= 0 {
		r.problem("%s has %q and %q: IAM ignores the case of a role's tag keys; use different keys",
			name, others[i].Key, tag.Key)
	}
}
