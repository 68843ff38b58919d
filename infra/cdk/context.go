package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

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

// contextReader reads context values and collects what is wrong with them.
type contextReader struct {
	context  func(string) any
	problems []string
}

func (r *contextReader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *contextReader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return errors.New("these settings need fixing:\n\n  " + strings.Join(r.problems, "\n\n  ") +
		"\n\nSettings are passed as -c NAME=VALUE to cdk synth, diff or deploy, or kept in cdk.context.json.")
}

func (r *contextReader) text(key, fallback string) string {
	switch value := r.context(key).(type) {
	case nil:
		return fallback
	case string:
		if value == "" {
			return fallback
		}
		return value
	default:
		r.problem("%s must be a string, but is %v", key, value)
		return fallback
	}
}

// days takes a number of days, as -c NAME=30 or as a number in cdk.context.json.
func (r *contextReader) days(key string) int {
	value := r.context(key)
	if value == nil || value == "" {
		return 0
	}
	days, err := strconv.Atoi(fmt.Sprint(value))
	if err != nil || days < 1 || days > maxRetentionDays {
		r.problem("%s must be a whole number of days from 1 to %d, but is %v", key, maxRetentionDays, value)
	}
	return days
}

// flag takes true or false, as -c NAME=true or as a boolean in cdk.context.json.
func (r *contextReader) flag(key string, fallback bool) bool {
	switch value := r.context(key); value {
	case nil, "":
		return fallback
	case false, "false":
		return false
	case true, "true":
		return true
	default:
		r.problem("%s must be true or false, but is %v", key, value)
		return false
	}
}

// prefix checks a delivery prefix. It becomes part of an IAM policy's resource,
// where *, ? and $ mean something else.
func (r *contextReader) prefix(prefix string) {
	if len(prefix) > maxPrefixBytes {
		r.problem("deliveryPrefix has %d bytes: at most %d, since S3 keys have 1,024 in all", len(prefix), maxPrefixBytes)
	}
	if strings.ContainsAny(prefix, "*?$") {
		r.problem("deliveryPrefix %q must not contain *, ? or $", prefix)
	}
	for _, p := range placeholder.FindAllString(prefix, -1) {
		if p != "{task_id}" && p != "{runtime}" {
			r.problem("deliveryPrefix has %s: only {task_id} and {runtime} can be filled in", p)
		}
	}
}

// names takes a comma-separated list of names.
func (r *contextReader) names(key, fallback string) []string {
	names := strings.Split(r.text(key, fallback), ",")
	if len(names) > maxRuntimes {
		r.problem("%s lists %d names: at most %d, since each is billed as several metrics", key, len(names), maxRuntimes)
	}
	for _, name := range names {
		if !runtimeName.MatchString(name) {
			r.problem("%s has %q: names are 1 to 64 letters, digits, dots, hyphens and underscores", key, name)
		}
	}
	return names
}

func (r *contextReader) required(key, help string) string {
	value := r.text(key, "")
	if value == "" {
		r.problem("%s is missing: %s", key, help)
	}
	return value
}

// topicPlace is the account and Region of the topic, which must be the
// deployment's where that is known.
func (r *contextReader) topicPlace(arn, account, region string) (topicAccount, topicRegion string) {
	if arn == "" {
		return "", ""
	}
	parts := topicARN.FindStringSubmatch(arn)
	if parts == nil {
		r.problem("topicArn %q is not the ARN of a standard SNS topic: %s", arn, topicHelp)
		return "", ""
	}
	topicRegion, topicAccount = parts[2], parts[3]
	if region != "" && region != topicRegion {
		r.problem("the topic is in Region %[1]s, but this deploys to %[2]s: SNS needs both in one Region. "+
			"Set AWS_REGION=%[1]s", topicRegion, region)
	}
	if account != "" && account != topicAccount {
		r.problem("the topic is in account %s, but the credentials are account %s's: use a profile of the topic's account",
			topicAccount, account)
	}
	return topicAccount, topicRegion
}

// bucket takes a bucket's name, or its ARN, which is what the publisher's
// stack outputs.
func (r *contextReader) bucket(key, value string) string {
	if parts := bucketARN.FindStringSubmatch(value); parts != nil {
		value = parts[1]
	}
	if value != "" && !bucketName.MatchString(value) {
		r.problem("%s %q is neither a bucket's name nor its ARN", key, value)
	}
	return value
}

// stackName takes a CloudFormation stack's name.
func (r *contextReader) stackName(fallback string) string {
	name := r.text("stackName", fallback)
	if !stackName.MatchString(name) {
		r.problem("stackName %q is not a CloudFormation stack name: letters, digits and hyphens, a letter first", name)
	}
	return name
}

// alarmTargets checks who is told of alarms.
func (r *contextReader) alarmTargets(topic, address string) {
	if topic != "" && !topicARN.MatchString(topic) {
		r.problem("alarmTopicArn %q is not the ARN of a standard SNS topic", topic)
	}
	if address != "" && !email.MatchString(address) {
		r.problem("alarmEmail %q is not an e-mail address", address)
	}
}

// key checks a KMS key. Rights are given on keys, not on aliases.
func (r *contextReader) key(name, arn string) {
	if arn != "" && !keyARN.MatchString(arn) {
		r.problem("%s %q is not the ARN of a KMS key: arn:aws:kms:REGION:ACCOUNT:key/ID "+
			"(an alias does not do: rights are given on keys)", name, arn)
	}
}

const topicHelp = `pass -c topicArn=ARN, the ARN of the topic that announces tasks. To find it:
    aws cloudformation describe-stacks --stack-name SdOnEKSStack --output text \
      --query "Stacks[0].Outputs[?starts_with(OutputKey,'sdNotificationOutput')].OutputValue"`

const outputBucketHelp = `pass -c outputBucket=NAME, the name or ARN of the bucket that holds the images. To find it:
    aws cloudformation describe-stacks --stack-name SdOnEKSStack --output text \
      --query "Stacks[0].Outputs[?OutputKey=='OutputS3Bucket'].OutputValue"`
