// Package deployment names what a deployed stack shows to the outside. The CDK
// app writes these names; the operator's command, the local stack and the tests
// read them.
package deployment

import "strings"

// DefaultStackName is the CloudFormation stack's name unless the CDK context's
// stackName says otherwise.
const DefaultStackName = "SdTaskTracker"

// The stack's outputs, beside one for each function and dead-letter queue
// ([FunctionOutput], and Output of deadletter.Queue).
const (
	TopicARN             = "TopicArn"
	TaskTable            = "TaskTable"
	OutputBucket         = "OutputBucket"
	DeliveryBucket       = "DeliveryBucket"
	DeliveryBucketPolicy = "DeliveryBucketPolicy"
	DashboardURL         = "DashboardUrl"
	Settings             = "Settings"
)

// FunctionOutput is the output with a function's name in AWS Lambda. The
// function is known here by the name of its folder, such as "record".
func FunctionOutput(function string) string { return Pascal(function) + "Function" }

// Pascal spells a hyphenated name the way CloudFormation spells logical IDs:
// "record-subscription" becomes "RecordSubscription".
func Pascal(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// Variable spells an output's name as the environment variable that a local
// stack exports it as: "RecordDlqUrl" becomes "RECORD_DLQ_URL".
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
