package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
)

// deadLetterDays is how long a dead letter is kept: as long as SQS can.
const deadLetterDays = 14

// queue is a dead-letter queue.
type queue struct {
	name  deployment.Queue
	holds string // completes "Events …" or "Messages …" in the output's description
	queue awssqs.IQueue
}

// newQueue makes a queue that outlives the stack, unless the deployment that makes
// it fails: its dead letters are the only trace of what failed.
func newQueue(scope constructs.Construct, name deployment.Queue, holds string) queue {
	made := awssqs.NewQueue(scope, jsii.String(deployment.Pascal(string(name))+"Dlq"), &awssqs.QueueProps{
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadLetterDays)),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RemovalPolicy:   awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
	})
	return queue{name, holds, made}
}
