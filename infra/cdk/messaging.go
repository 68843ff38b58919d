package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
)

// deadLetterDays is how many days SQS keeps a dead letter: its maximum.
const deadLetterDays = 14

// queue is a dead-letter queue.
type queue struct {
	name  deployment.Queue
	holds string // what the queue holds: the output's description
	queue awssqs.IQueue
}

// newQueue makes a queue that outlives the stack, because its dead letters are the only
// trace of what failed. Only the rollback of a first deployment deletes it.
func newQueue(scope constructs.Construct, name deployment.Queue, holds string) queue {
	made := awssqs.NewQueue(scope, jsii.String(deployment.Pascal(string(name))+"Dlq"), &awssqs.QueueProps{
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadLetterDays)),
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RemovalPolicy:   awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
	})
	return queue{name, holds, made}
}

// newTaskEvents makes the topic that record and deliver publish task events to. To publish or subscribe, a principal of
// the account needs an IAM policy.
func newTaskEvents(stack awscdk.Stack) awssns.ITopic {
	return awssns.NewTopic(stack, jsii.String("TaskEvents"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)})
}

// eventAlarms watch for task events that don't reach a subscriber.
func eventAlarms(d *deployed) []alarm {
	failed := topicMetric(d.events, "NumberOfNotificationsFailed")
	return []alarm{{"TaskEvents-NotificationsFailed", failed, 0, 1,
		"SNS could not deliver task events to a subscriber. The task table is right, but the subscriber may have missed " +
			"an event. For an HTTPS endpoint, the metric counts each attempt, and SNS retries three times.",
		d.settings.aws("sns", "list-subscriptions-by-topic", "--topic-arn", *d.events.TopicArn()) + " lists the " +
			"subscribers: check their endpoints and queue policies. Events are kept only where a subscription has a " +
			"dead-letter queue.", "infra/README.md#events"}}
}
