package e2e

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
)

// queueOutputs are the stack's outputs with the URLs of queues.
var queueOutputs = map[deployment.Queue]string{
	"record": recordQueue, "deliver": deliverQueue,
	"record-subscription": recordSubscriptionQueue, "deliver-subscription": deployment.Undelivered("deliver").Output(),
	"record-input-subscription": deployment.UndeliveredRequests("record").Output(),
}

// purge empties every dead-letter queue: tests below count what is in them.
func purge(t *testing.T) {
	t.Helper()
	for _, output := range queueOutputs {
		url := aws.String(local.Outputs[output])
		if _, err := local.SQS().PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: url}); err != nil {
			t.Fatal(err)
		}
	}
}

// size returns how many messages a queue has, including those in flight.
func size(t *testing.T, url string) int {
	t.Helper()
	names := []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}
	out, err := local.SQS().GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(url), AttributeNames: names,
	})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range names {
		n, _ := strconv.Atoi(out.Attributes[string(name)])
		total += n
	}
	return total
}

// bury sends an event to a dead-letter queue, as Lambda would have.
func bury(t *testing.T, queue deployment.Queue, body []byte, reason string) {
	t.Helper()
	_, err := local.SQS().SendMessage(t.Context(), &sqs.SendMessageInput{
		QueueUrl: aws.String(local.Outputs[queueOutputs[queue]]), MessageBody: aws.String(string(body)),
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{
			"ErrorMessage": {DataType: aws.String("String"), StringValue: aws.String(reason)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// buryTasks puts n announcements of new tasks in record's queue.
func buryTasks(t *testing.T, n int) []string {
	t.Helper()
	tasks := make([]string, n)
	for i := range tasks {
		tasks[i] = newID(t)
		bury(t, "record", snsEvent(tasks[i], time.Now().Add(-time.Minute), running(tasks[i])), "the table was down")
	}
	return tasks
}

// awaitLetter waits for a dead letter whose body contains a text, and removes it from
// the queue.
func awaitLetter(t *testing.T, queue, contains string) sqstypes.Message {
	t.Helper()
	url := aws.String(local.Outputs[queue])
	var found sqstypes.Message
	await(t, fmt.Sprintf("%s has a dead letter with %q", queue, contains), func() bool {
		out, err := local.SQS().ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"All"}, VisibilityTimeout: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, message := range out.Messages {
			if strings.Contains(*message.Body, contains) {
				found = message
				return true
			}
		}
		return false
	})
	_, err := local.SQS().DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
		QueueUrl: url, ReceiptHandle: found.ReceiptHandle,
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func attribute(message sqstypes.Message, name string) string {
	return aws.ToString(message.MessageAttributes[name].StringValue)
}

// callRedrive invokes the redrive function as an operator does.
func callRedrive(t *testing.T, request deadletter.Request) deadletter.Answer {
	t.Helper()
	payload, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	out, err := local.Lambda().Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(local.Outputs[redriveFunction]), Payload: payload,
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.FunctionError != nil {
		t.Fatalf("redrive failed: %s", out.Payload)
	}
	var answer deadletter.Answer
	if err := json.Unmarshal(out.Payload, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}
