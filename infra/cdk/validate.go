package main

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// maxRuntimes bounds what the metrics cost: CloudWatch bills each combination
// of status and runtime.
const maxRuntimes = 20

// maxRetentionDays is a hundred years.
const maxRetentionDays = 36_500

// maxPrefixBytes leaves at least half of a key's 1,024 bytes to the source key.
const maxPrefixBytes = 512

var (
	topicARN    = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z]{2,4}(?:-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_-]{1,256}$`)
	bucketName  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	bucketARN   = regexp.MustCompile(`^arn:aws[a-z-]*:s3:::([^/:]+)$`)
	runtimeName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	tableName   = regexp.MustCompile(`^[A-Za-z0-9._-]{3,255}$`)
	regionName  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d$`)
	keyARN      = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/` +
		`([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)
	email       = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	placeholder = regexp.MustCompile(`\{[^}]*\}?`)
	contextPath = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	stackName   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	unprintable = regexp.MustCompile(`[^ -~]`)
)

// place is where something is in AWS.
type place struct{ partition, region, account string }

// topicPlace is where the topic is, which must be the deployment's account and
// Region where those are known.
func (r *contextReader) topicPlace(topic, account, region string) place {
	if topic == "" {
		return place{}
	}
	parsed, err := arn.Parse(topic)
	if err != nil || !topicARN.MatchString(topic) {
		r.problem("topicArn %q is not the ARN of a standard SNS topic: %s", topic, topicHelp)
		return place{}
	}
	if region != "" && region != parsed.Region {
		r.problem("the topic is in Region %[1]s, but this deploys to %[2]s: SNS needs both in one Region. "+
			"Set AWS_REGION=%[1]s", parsed.Region, region)
	}
	if account != "" && account != parsed.AccountID {
		r.problem("the topic is in account %s, but the credentials are account %s's: use a profile of the topic's account",
			parsed.AccountID, account)
	}
	return place{parsed.Partition, parsed.Region, parsed.AccountID}
}

// inputTopic checks the guidance's other topic.
func (r *contextReader) inputTopic(s Settings, stack place) {
	topic := s.InputTopicARN
	switch {
	case topic == "":
	case !topicARN.MatchString(topic):
		r.problem("inputTopicArn %q is not the ARN of a standard SNS topic: it must be %s", topic, inputTopicHelp)
	case topic == s.TopicARN:
		r.problem("inputTopicArn is the topic that announces tasks: it must be %s", inputTopicHelp)
	case stack.account != "" && !strings.Contains(topic, ":"+stack.region+":"+stack.account+":"):
		r.problem("inputTopicArn %q must be in the account and Region of topicArn", topic)
	}
}

// within checks that an ARN is in a place's partition and Region. An unknown
// place has been complained about.
func (r *contextReader) within(name, value string, p place) {
	parsed, err := arn.Parse(value)
	if err == nil && p.region != "" && (parsed.Partition != p.partition || parsed.Region != p.region) {
		r.problem("%s is in Region %s of partition %s, but must be in %s of %s",
			name, parsed.Region, parsed.Partition, p.region, p.partition)
	}
}

// Reserved by "General purpose bucket naming rules", Amazon S3 User Guide. A
// bucket in an account's regional namespace, which ends with -an, is fine.
var (
	reservedPrefixes = []string{"xn--", "sthree-", "amzn-s3-demo-"}
	reservedSuffixes = []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}
)

// bucket takes a bucket's name, or its ARN, which is what the guidance's
// stack outputs. CDK also refuses a dot beside a hyphen.
func (r *contextReader) bucket(name, value string) string {
	if parts := bucketARN.FindStringSubmatch(value); parts != nil {
		value = parts[1]
	}
	if value == "" {
		return ""
	}
	_, notAddress := netip.ParseAddr(value)
	switch {
	case !bucketName.MatchString(value), notAddress == nil, strings.Contains(value, ".."),
		strings.Contains(value, ".-"), strings.Contains(value, "-."):
		r.problem("%s %q is neither the name of an S3 bucket nor its ARN", name, value)
	case slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(value, p) }),
		slices.ContainsFunc(reservedSuffixes, func(s string) bool { return strings.HasSuffix(value, s) }):
		r.problem("%s %q is not the name of a general purpose bucket: S3 reserves such names", name, value)
	}
	return value
}

// deliveryPlace is where the delivery bucket is: in the stack's Region, or in
// the one given. S3 does not copy between partitions.
func (r *contextReader) deliveryPlace(bucket, region string, stack place) place {
	if region == "" {
		return stack
	}
	switch {
	case bucket == "":
		r.problem("deliveryRegion is for an existing bucket: name it as deliveryBucket " +
			"(the bucket that is created otherwise is in the stack's Region)")
	case !regionName.MatchString(region):
		r.problem("deliveryRegion %q is not a Region's name such as eu-west-1", region)
	case stack.partition != "" && partitionOf(region) != partitionOf(stack.region):
		r.problem("deliveryRegion %s is in another partition than %s: S3 does not copy between them", region, stack.region)
	}
	return place{stack.partition, region, stack.account}
}

// partitionOf tells Regions of different partitions apart by how their names
// begin: cn-north-1, us-gov-west-1, us-iso-east-1, eusc-de-east-1.
func partitionOf(region string) string {
	for _, prefix := range []string{"cn-", "us-gov-", "us-iso-", "us-isob-", "us-isof-", "eu-isoe-", "eusc-"} {
		if strings.HasPrefix(region, prefix) {
			return prefix
		}
	}
	return ""
}

// prefix checks a delivery prefix. It becomes part of an IAM policy's resource,
// where *, ? and $ mean something else. An inline policy has no characters
// beyond Latin-1 ("PutRolePolicy", IAM API Reference), and IAM compares bytes.
func (r *contextReader) prefix(prefix string) {
	if len(prefix) > maxPrefixBytes {
		r.problem("deliveryPrefix has %d bytes: at most %d, since S3 keys have 1,024 in all", len(prefix), maxPrefixBytes)
	}
	if bad := unprintable.FindString(prefix); bad != "" {
		r.problem("deliveryPrefix has %q: only printable ASCII characters fit in an IAM policy", bad)
	}
	if strings.ContainsAny(prefix, "*?$") {
		r.problem("deliveryPrefix %q must not contain *, ? or $", prefix)
	}
	for _, p := range placeholder.FindAllString(prefix, -1) {
		path, ofContext := strings.CutPrefix(strings.TrimSuffix(p, "}"), "{context.")
		known := p == "{task_id}" || p == "{runtime}" || p == "{date}"
		if !known && !(ofContext && strings.HasSuffix(p, "}") && contextPath.MatchString(path)) {
			r.problem("deliveryPrefix has %s: only {task_id}, {runtime}, {date} and {context.PATH}, such as "+
				"{context.user}, can be filled in", p)
		}
	}
}

// runtimes takes a comma-separated list of runtimes' names.
func (r *contextReader) runtimes(name, fallback string) []string {
	names := strings.Split(r.text(name, fallback), ",")
	if len(names) > maxRuntimes {
		r.problem("%s lists %d names: at most %d, since each is billed as several metrics", name, len(names), maxRuntimes)
	}
	for _, runtime := range names {
		if !runtimeName.MatchString(runtime) {
			r.problem("%s has %q: names are 1 to 64 letters, digits, dots, hyphens and underscores", name, runtime)
		}
	}
	return names
}

// contextPath takes a path into the contexts of tasks.
func (r *contextReader) contextPath(name string) string {
	path := r.text(name, "")
	if path != "" && !contextPath.MatchString(path) {
		r.problem("%s %q is not a path into the context such as user or tenant.id: names of letters, digits, "+
			"hyphens and underscores, joined by dots", name, path)
	}
	return path
}

// stackName takes a CloudFormation stack's name.
func (r *contextReader) stackName(setting, fallback string) string {
	name := r.text(setting, fallback)
	if !stackName.MatchString(name) {
		r.problem("stackName %q is not a CloudFormation stack name: letters, digits and hyphens, a letter first", name)
	}
	return name
}

// table takes a table's name, or its ARN in the stack's account and Region.
func (r *contextReader) table(value string, stack place) (name string) {
	name = value
	if parsed, err := arn.Parse(value); err == nil {
		name = strings.TrimPrefix(parsed.Resource, "table/")
		in := place{parsed.Partition, parsed.Region, parsed.AccountID}
		if parsed.Service != "dynamodb" || stack.region != "" && in != stack {
			r.problem("taskTable %q is not a DynamoDB table in the stack's account and Region", value)
		}
	}
	if value != "" && !tableName.MatchString(name) {
		r.problem("taskTable %q is neither the name of a DynamoDB table nor its ARN", value)
	}
	return name
}

// alarmTargets checks who is told of alarms. CloudWatch notifies topics of
// other accounts too, but only of the alarm's Region.
func (r *contextReader) alarmTargets(s Settings, stack place) {
	topic, address := s.AlarmTopicARN, s.AlarmEmail
	switch {
	case topic != "" && !topicARN.MatchString(topic):
		r.problem("alarmTopicArn %q is not the ARN of a standard SNS topic", topic)
	case topic != "" && (topic == s.TopicARN || topic == s.InputTopicARN):
		r.problem("alarmTopicArn is the guidance's topic: each alarm there would become a dead letter, and raise another; " +
			"name another topic")
	}
	r.within("alarmTopicArn", topic, stack)
	if address != "" && !email.MatchString(address) {
		r.problem("alarmEmail %q is not an e-mail address", address)
	}
}

// key checks a KMS key: S3 needs it in the bucket's Region. Rights are given on
// keys, not on aliases.
func (r *contextReader) key(name, value string, bucket place) {
	if value != "" && !keyARN.MatchString(value) {
		r.problem("%s %q is not the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID "+
			"(an alias does not do: rights are given on keys)", name, value)
	}
	r.within(name, value, bucket)
}

const (
	topicHelp        = "the ARN of the guidance's output topic"
	inputTopicHelp   = "the ARN of the guidance's input topic, the output sdNotificationLambdaARN of its stack"
	outputBucketHelp = "the name or ARN of the guidance's output bucket"
)
