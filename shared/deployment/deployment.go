// Package deployment declares the names that a deployed stack exposes. The CDK
// app writes these names; the operator's command, the local stack and the tests
// read them.
package deployment

import "strings"

// DefaultStackName is the name of the CloudFormation stack, unless the CDK context
// sets stackName.
const DefaultStackName = "SdTaskTracker"

// The stack's outputs, in addition to one for each function and dead-letter
// queue ([FunctionOutput], [Queue.Output]).
const (
	TopicARN             = "TopicArn"
	InputTopicARN        = "InputTopicArn"
	TaskTable            = "TaskTable"
	OutputBucket         = "OutputBucket"
	DeliveryBucket       = "DeliveryBucket"
	DeliveryBucketPolicy = "DeliveryBucketPolicy"
	DashboardURL         = "DashboardUrl"
	TaskEventsTopicARN   = "TaskEventsTopicArn"
	Settings             = "Settings"
	Version              = "Version"
)

// FunctionOutput returns the name of the stack output that has a function's name in AWS
// Lambda. The argument is the name of the function's folder, such as "record".
func FunctionOutput(function string) string { return Pascal(function) + "Function" }

// Pascal converts a hyphenated name to the PascalCase of CloudFormation's logical
// IDs: "record-subscription" becomes "RecordSubscription".
func Pascal(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// Variable converts an output's name to the name of the environment variable in
// which a local stack exports it: "RecordDlqUrl" becomes "RECORD_DLQ_URL".
func Variable(output string) string {
	var b strings.Builder
	for i, c := range output {
		if i > 0 && 'A' <= c && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToUpper(b.String())
}
