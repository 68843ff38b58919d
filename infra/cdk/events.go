package main

import (
	"encoding/json"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awspipes"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// eventDetail is the detail of a task's event. Unquoted paths become JSON values
// of their own types ("Amazon EventBridge Pipes input transformation", EventBridge
// User Guide).
const eventDetail = `{"id":<$.dynamodb.NewImage.task_id.S>,"runtime":<$.dynamodb.NewImage.runtime.S>,` +
	`"status":<$.dynamodb.NewImage.status.S>,"delivery_status":<$.dynamodb.NewImage.delivery_status.S>,` +
	`"delivered":<$.dynamodb.NewImage.delivered.L>,"error":<$.dynamodb.NewImage.error.S>,` +
	`"delivery_error":<$.dynamodb.NewImage.delivery_error.S>,"version":<$.dynamodb.NewImage.version.S>}`

// newEvents makes a pipe from the task table's stream to the account's event bus,
// one event for each time that an item is written and says what became of its
// task. It is one pipe for all detail types, which come from the item: more than
// two readers of a stream's shard are throttled ("Reading and processing a stream",
// Amazon DynamoDB Developer Guide). It returns the pipe's dead-letter queue.
func newEvents(d *deployed) queue {
	stream := d.table.(awsdynamodb.Table).TableStreamArn()
	bus := "arn:" + d.settings.Partition + ":events:" + d.settings.Region + ":" + d.settings.Account + ":event-bus/default"
	letters := newQueue(d.stack, "events", "Positions in the table's stream of what the pipe could not send")
	role := newPipeRole(d, statements{
		allow("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams").
			on(*stream),
		allow("events:PutEvents").on(bus),
		allow("sqs:SendMessage").on(*letters.queue.QueueArn()),
	})
	awspipes.NewCfnPipe(d.stack, jsii.String("Events"), &awspipes.CfnPipeProps{
		Description: jsii.String("One event when a task's images are all there, when they are not, and when it failed"),
		RoleArn:     role.RoleArn(),
		Source:      stream,
		SourceParameters: &awspipes.CfnPipe_PipeSourceParametersProperty{
			DynamoDbStreamParameters: &awspipes.CfnPipe_PipeSourceDynamoDBStreamParametersProperty{
				StartingPosition: jsii.String("LATEST"),
				BatchSize:        jsii.Number(10), // as many as one PutEvents takes
				// A record that can't be sent must not hold up the others for a day.
				MaximumRetryAttempts:      jsii.Number(10),
				OnPartialBatchItemFailure: jsii.String("AUTOMATIC_BISECT"),
				DeadLetterConfig:          &awspipes.CfnPipe_DeadLetterConfigProperty{Arn: letters.queue.QueueArn()},
			},
			FilterCriteria: &awspipes.CfnPipe_FilterCriteriaProperty{
				Filters: []*awspipes.CfnPipe_FilterProperty{{Pattern: jsii.String(eventPattern())}},
			},
		},
		Target: jsii.String(bus),
		TargetParameters: &awspipes.CfnPipe_PipeTargetParametersProperty{
			InputTemplate: jsii.String(eventDetail),
			EventBridgeEventBusParameters: &awspipes.CfnPipe_PipeTargetEventBridgeEventBusParametersProperty{
				Source:     jsii.String(d.settings.StackName),
				DetailType: jsii.String("$.dynamodb.NewImage." + tasktable.EventAttribute + ".S"),
			},
		},
	})
	return letters
}

// eventPattern matches what is written of a task that has ended and says what
// became of it: not what only deliver has written so far, nor what expires.
func eventPattern() string {
	pattern, _ := json.Marshal(map[string]any{ // strings always encode
		"eventName": []string{"INSERT", "MODIFY"},
		"dynamodb": map[string]any{"NewImage": map[string]any{
			"status":                 map[string]any{"S": []announcement.Status{announcement.Completed, announcement.Failed}},
			tasktable.EventAttribute: map[string]any{"S": tasktable.Events},
		}},
	})
	return string(pattern)
}

// newPipeRole makes the role of the stack's pipe, for pipes of this account and
// Region only.
func newPipeRole(d *deployed, work statements) awsiam.IRole {
	pipes := "arn:" + d.settings.Partition + ":pipes:" + d.settings.Region + ":" + d.settings.Account + ":pipe/*"
	role := awsiam.NewRole(d.stack, jsii.String("EventsRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("pipes.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": d.settings.Account},
				"ArnLike":      map[string]any{"aws:SourceArn": pipes},
			},
		}),
		Description:    jsii.String("What the pipe of task events may do"),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"work": work.document()},
	})
	return role.WithoutPolicyUpdates(nil)
}

// eventAlarms say that events are missing.
func eventAlarms(letters queue) []alarm {
	return []alarm{{"Events-DeadLetters", letters.metric("ApproximateNumberOfMessagesVisible"), 0, 1,
		"The pipe could not send events of tasks. The task table is right; whoever waits for the events does not know.",
		"aws sqs receive-message --queue-url " + *letters.queue.QueueUrl() + " shows where in the table's stream."}}
}
