package main

import "regexp"

// form is what a setting's text must match, and how people call that.
type form struct {
	pattern *regexp.Regexp
	name    string
}

func newForm(pattern, name string) form {
	return form{regexp.MustCompile("^(?:" + pattern + ")$"), name}
}

const (
	// maxRuntimes bounds what the metrics cost: CloudWatch bills each combination of status and runtime.
	maxRuntimes = 20
	// maxRetentionDays is a hundred years.
	maxRetentionDays = 36_500
	// maxPrefixBytes leaves at least half of a key's 1,024 bytes to the source key.
	maxPrefixBytes = 512
	// maxHours is 31 days.
	maxHours = 31 * 24
	// maxTags is how many tags a resource can have.
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
	// The guidance's stack outputs its bucket's ARN.
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
	// A prefix becomes part of an IAM policy's resource, where *, ? and $ mean something else. An inline policy has no
	// characters beyond Latin-1 ("PutRolePolicy", IAM API Reference), and IAM compares bytes.
	prefixForm = newForm(`([ -#%-)+->@-z|}~]|\{(task_id|runtime|date|context\.`+pathPattern+`)\})*`,
		"printable ASCII characters without *, ? and $; only {task_id}, {runtime}, {date} and {context.PATH}, such as "+
			"{context.user}, can be filled in")
	callerForm = newForm(pathPattern, "a path into the context, such as user or tenant.id: names of letters, digits, "+
		"hyphens and underscores, joined by dots")
	runtimesForm = newForm(runtimePattern+`(,`+runtimePattern+`)*`,
		"names of 1 to 64 letters, digits, dots, hyphens and underscores, joined by commas")
	// What all services accept ("Tag naming limits and requirements", Tagging AWS Resources User Guide, and "Tags for AWS
	// Identity and Access Management resources", IAM User Guide). EventBridge Scheduler takes no empty value (TagValue,
	// EventBridge Scheduler API Reference).
	tagForm = newForm(`[a-zA-Z0-9 _.:/+@-]{1,128}=[a-zA-Z0-9 _.:/=+@-]{1,256}`,
		"KEY=VALUE, of letters, digits, spaces and _.:/=+@-; a key has 1 to 128 characters, a value 1 to 256")
	anyForm = newForm(`(?s).*`, "a string")
)
