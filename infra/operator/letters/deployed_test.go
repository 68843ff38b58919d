package letters

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/environment"
)

type subcommands struct {
	Redrive Redrive `cmd:""`
}

// deployed is a stack with the functions redrive and record, and record's two
// queues.
type deployed struct {
	messaging *localtest.Messaging
	lambda    *localtest.Lambda
	table     *localtest.TaskTable
	urls      map[deployment.Queue]string
	// endpoints and outputs are the variables that the command needs: the
	// servers' endpoints, and the outputs that a local stack's .local/env exports.
	endpoints, outputs []string
}

func deploy(t *testing.T) *deployed {
	t.Helper()
	d := &deployed{messaging: localtest.Queues(t), table: localtest.Table(t), urls: map[deployment.Queue]string{}}
	for _, queue := range []deployment.Queue{deployment.FailedEvents("record"), deployment.Undelivered("record")} {
		d.urls[queue] = d.messaging.Create(t, string(queue))
	}
	record := lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/record")}
	record.Environment = map[string]string{
		"TASK_TABLE": d.table.Name, "METRIC_NAMESPACE": "test", "AWS_ENDPOINT_URL_DYNAMODB": d.table.Proxy.URL,
	}
	// A redriven announcement goes to deliver too, which has nothing to deliver here.
	deliver := lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/deliver")}
	deliver.Environment = map[string]string{
		"TASK_TABLE": d.table.Name, "METRIC_NAMESPACE": "test", "OUTPUT_BUCKET": "from", "DELIVERY_BUCKET": "to",
	}
	redrive := lambdahost.Function{Bootstrap: localtest.Bootstrap(t, "functions/redrive")}
	redrive.Environment = map[string]string{
		"FUNCTIONS": "record=record,deliver=deliver", "AWS_ENDPOINT_URL_SQS": d.messaging.Proxy.URL,
	}
	queues := environment.Names[deployment.Queue](d.urls)
	text, err := queues.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	redrive.Environment["QUEUES"] = string(text)
	d.lambda = localtest.Functions(t, record, deliver, redrive)
	d.endpoints = []string{
		"AWS_REGION=" + localtest.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret",
		"AWS_ENDPOINT_URL_LAMBDA=" + d.lambda.Proxy.URL, "AWS_ENDPOINT_URL_SQS=" + d.messaging.Proxy.URL,
	}
	d.outputs = []string{"RECORD_FUNCTION=record", "REDRIVE_FUNCTION=redrive"}
	for queue, url := range d.urls {
		d.outputs = append(d.outputs, deployment.Variable(queue.Output())+"="+url)
	}
	return d
}

// redrive runs the subcommand for the stack.
func (d *deployed) redrive(t *testing.T, args ...string) operatortest.Outcome {
	t.Helper()
	return redrive(t, slices.Concat(d.endpoints, d.outputs), args...)
}

// redrive runs the subcommand with these variables only.
func redrive(t *testing.T, variables []string, args ...string) operatortest.Outcome {
	t.Helper()
	return operatortest.RunWith[subcommands](t, variables, append([]string{"redrive"}, args...)...)
}

// event is the event that SNS invokes a function with for a message.
func event(messageID, message string) string {
	return fmt.Sprintf(`{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":%q,"Timestamp":%q,"Message":%q}}]}`,
		messageID, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), message)
}

// running announces that a task is running.
func running(task string) string {
	return event("sns-"+task, fmt.Sprintf(`{"id":%q,"status":"running"}`, task))
}

// bury sends a dead letter to a queue, as Lambda would have.
func (d *deployed) bury(t *testing.T, queue deployment.Queue, body, reason string) {
	t.Helper()
	_, err := d.messaging.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(d.urls[queue]), MessageBody: aws.String(body),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{
			"ErrorMessage": {DataType: aws.String("String"), StringValue: aws.String(reason)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// status is a task's status in the table; "" if it has none.
func (d *deployed) status(t *testing.T, task string) string {
	t.Helper()
	item, err := d.table.Client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(d.table.Name),
		Key:       map[string]types.AttributeValue{"task_id": &types.AttributeValueMemberS{Value: task}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, ok := item.Item["status"].(*types.AttributeValueMemberS); ok {
		return status.Value
	}
	return ""
}
