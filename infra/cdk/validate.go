package main

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// form is a pattern that a setting's text must match, and its name for people.
type form struct {
	pattern *regexp.Regexp
	name    string
}

func newForm(pattern, name string) form {
	return form{regexp.MustCompile("^(?:" + pattern + ")$"), name}
}

const (
	// maxRuntimes limits the cost of metrics: CloudWatch bills each runtime as several metrics.
	maxRuntimes = 20
	// maxRetentionDays is a hundred years.
	maxRetentionDays = 36_500
	// maxPrefixBytes leaves at least half of a key's 1,024 bytes to the source key.
	maxPrefixBytes = 512
	// maxHours is 31 days.
	maxHours = 31 * 24
	// maxTags is AWS's maximum number of tags of a resource.
	maxTags = 50
)

const (
	regionPattern  = `[a-z]{2,4}(-[a-z]+)+-\d`
	topicPattern   = `arn:aws[a-z-]*:sns:` + regionPattern + `:\d{12}:[A-Za-z0-9_-]{1,256}`
	pathPattern    = `[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*`
	runtimePattern = `[A-Za-z0-9._-]{1,64}`
)

var (
	outputTopicForm = newForm(topicPattern, "the ARN of the guidance's output topic, a standard SNS topic")
	inputTopicForm  = newForm(topicPattern,
		"the ARN of the guidance's input topic, the output sdNotificationLambdaARN of its stack")
	alarmTopicForm = newForm(topicPattern, "the ARN of a standard SNS topic")
	regionForm     = newForm(regionPattern, "a Region's name, such as eu-west-1")
	// The guidance's stack outputs its bucket's ARN, not its name.
	bucketForm = newForm(`(arn:aws[a-z-]*:s3:::)?[a-z0-9]+((\.|-+)[a-z0-9]+)*`, "the name of an S3 bucket, or its ARN")
	tableForm  = newForm(`(arn:aws[a-z-]*:dynamodb:`+regionPattern+`:\d{12}:table/)?[A-Za-z0-9._-]{3,255}`,
		"the name of a DynamoDB table, or its ARN")
	// Rights are given on keys, not on aliases.
	keyForm = newForm(`arn:aws[a-z-]*:kms:`+regionPattern+`:\d{12}:key/`+
		`([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})`,
		"the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID, and not of an alias")
	emailForm    = newForm(`[^@\s]+@[^@\s]+\.[^@\s]+`, "an email address")
	intervalForm = newForm(`\d{1,3}[hd]`, "whole hours or days from 1h to 31d, such as 1d")
	stackForm    = newForm(`[A-Za-z][A-Za-z0-9-]{0,127}`,
		"a CloudFormation stack's name: letters, digits and hyphens, and a letter first")
	// A prefix becomes part of the resource in an IAM policy, where *, ? and $ are special. An inline policy can't have
	// characters beyond Latin-1 ("PutRolePolicy", IAM API Reference), and IAM compares bytes.
	prefixForm = newForm(`([ -#%-)+->@-z|}~]|\{(task_id|runtime|date|context\.`+pathPattern+`)\})*`,
		"printable ASCII characters without *, ? and $; only {task_id}, {runtime}, {date} and {context.PATH}, such as "+
			"{context.user}, can be filled in")
	callerForm = newForm(pathPattern, "a path into the context, such as user or tenant.id: names of letters, digits, "+
		"hyphens and underscores, joined by dots")
	runtimesForm = newForm(runtimePattern+`(,`+runtimePattern+`)*`,
		"names of 1 to 64 letters, digits, dots, hyphens and underscores, joined by commas")
	// The characters that all services accept ("Tag naming limits and requirements", Tagging AWS Resources User Guide,
	// and "Tags for AWS Identity and Access Management resources", IAM User Guide). EventBridge Scheduler refuses empty
	// values (TagValue, EventBridge Scheduler API Reference).
	tagForm = newForm(`[a-zA-Z0-9 _.:/+@-]{1,128}=[a-zA-Z0-9 _.:/=+@-]{1,256}`,
		"KEY=VALUE, of letters, digits, spaces and _.:/=+@-; a key has 1 to 128 characters, a value 1 to 256")
	anyForm = newForm(`(?s).*`, "a string")
)

// place is a partition, a Region and an account. The account is "" if any will do.
type place struct{ partition, region, account string }

func (p place) String() string {
	text := "Region " + p.region + " of partition " + p.partition
	if p.account != "" {
		text += " in account " + p.account
	}
	return text
}

// checkPlaces checks that everything is where the stack needs it. The stack goes to the topic's account and Region,
// which must be the CDK CLI's account and region.
func (r *contextReader) checkPlaces(s Settings, account, region string) {
	r.refuse(region != "" && region != s.Region, "the topic is in Region %[1]s, but the CDK CLI deploys to %[2]s: "+
		"the stack must be in the topic's Region. Set AWS_REGION=%[1]s", s.Region, region)
	r.refuse(account != "" && account != s.Account, "the topic is in account %s, but the credentials belong to account "+
		"%s: use a profile of the topic's account", s.Account, account)
	stack := place{s.Partition, s.Region, s.Account}
	r.within("inputTopicArn", s.InputTopicARN, stack)
	r.within("taskTable", s.TaskTable, stack)
	// CloudWatch notifies topics of other accounts too, but only of the alarm's Region. S3 needs a key in its bucket's
	// Region, and does not copy between partitions.
	region = cmp.Or(s.DeliveryRegion, s.Region)
	r.within("alarmTopicArn", s.AlarmTopicARN, place{s.Partition, s.Region, ""})
	r.within("outputKeyArn", s.OutputKeyARN, place{s.Partition, s.Region, ""})
	r.within("deliveryKeyArn", s.DeliveryKeyARN, place{s.Partition, region, ""})
	if s.DeliveryRegion == "" {
		return
	}
	// CDK doesn't know the partition of a Region that is newer than CDK.
	if partition := regioninfo.RegionInfo_Get(&region).Partition(); partition != nil {
		r.refuse(*partition != s.Partition,
			"deliveryRegion %s is in another partition than %s: S3 does not copy between them", region, s.Region)
	}
}

// within refuses an ARN that is not in a place.
func (r *contextReader) within(setting, value string, where place) {
	parsed, err := arn.Parse(value)
	if err != nil {
		return // a name
	}
	is := place{parsed.Partition, parsed.Region, parsed.AccountID}
	if where.account == "" {
		is.account = ""
	}
	r.refuse(is != where, "%s is in %s, but must be in %s", setting, is, where)
}

// lastPart returns the name in an ARN, or the name itself.
func lastPart(nameOrARN string) string {
	return nameOrARN[strings.LastIndexAny(nameOrARN, ":/")+1:]
}

// otherBucket matches names that a general purpose bucket can't have, such as aliases of access points ("General
// purpose bucket naming rules", Amazon S3 User Guide).
var otherBucket = regexp.MustCompile(`^(.{1,2}|.{64,}|\d+\.\d+\.\d+\.\d+|(xn--|sthree-|amzn-s3-demo-).*)$|` +
	`(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$`)

// checkTogether checks lengths, and settings that depend on each other.
func (r *contextReader) checkTogether(s Settings) {
	for setting, name := range map[string]string{"outputBucket": s.OutputBucket, "deliveryBucket": s.DeliveryBucket} {
		r.refuse(otherBucket.MatchString(name), "%s %q is not the name of a general purpose bucket", setting, name)
	}
	r.refuse(s.InputTopicARN != "" && s.InputTopicARN == s.TopicARN,
		"inputTopicArn is the topic that announces tasks: it must be %s", inputTopicForm.name)
	r.refuse(s.AlarmTopicARN != "" && (s.AlarmTopicARN == s.TopicARN || s.AlarmTopicARN == s.InputTopicARN),
		"alarmTopicArn is the guidance's topic: each alarm there would become a dead letter, and raise another; "+
			"name another topic")
	r.refuse(s.DeliveryBucket != "" && s.DeliveryBucket == s.OutputBucket && s.DeliveryPrefix == "",
		"deliveryBucket is the output bucket itself: name another bucket, or leave it out to have one created")
	r.refuse(s.DeliveryBucketEvents && s.DeliveryBucket != "", "deliveryBucketEvents is for a bucket that the stack "+
		"creates: leave out deliveryBucket, or have your bucket send its events itself")
	r.refuse(s.DeliveryRegion != "" && s.DeliveryBucket == "", "deliveryRegion is for an existing bucket: name it as "+
		"deliveryBucket (a bucket that the stack creates is in the stack's Region)")
	r.refuse(len(s.DeliveryPrefix) > maxPrefixBytes,
		"deliveryPrefix has %d bytes, but at most %d are possible: an S3 key has at most 1,024 bytes in all",
		len(s.DeliveryPrefix), maxPrefixBytes)
	r.refuse(len(s.Runtimes) > maxRuntimes, "runtimes lists %d names, but at most %d are possible: CloudWatch bills each "+
		"as several metrics", len(s.Runtimes), maxRuntimes)
}
