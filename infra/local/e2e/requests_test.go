package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// request requests a task as the guidance's API function does.
func request(t *testing.T, message, runtime string) {
	t.Helper()
	_, err := local.SNS().Publish(t.Context(), &sns.PublishInput{
		TargetArn: aws.String(local.Outputs[deployment.InputTopicARN]), Message: aws.String(message),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"runtime": {DataType: aws.String("String"), StringValue: aws.String(runtime)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRequest follows a task from the request to its end.
func TestRequest(t *testing.T) {
	start(t)
	id := newID(t)
	request(t, fmt.Sprintf(`{"metadata":{"id":%q,"runtime":"legacy","tasktype":"text-to-image","prefix":"output",`+
		`"context":{"user":"u-17"}},"content":{"prompt":"a lighthouse"}}`, id), "sdruntime")
	queued := awaitItem(t, id, "status", "queued")
	if queued.text("runtime") != "sdruntime" || queued.text("task_type") != "text-to-image" || queued["context"] == nil {
		t.Errorf("got %v", queued)
	}
	publish(t, running(id))
	awaitItem(t, id, "status", "running")
	publish(t, completed(id))
	done := awaitItem(t, id, "status", "completed")
	if at := done.text("queued_at"); at == "" || at > done.text("started_at") || at != queued.text("updated_at") {
		t.Errorf("got %v", done)
	}
	if done.text("caller") != "u-17" || done.text("request") != `{"task_type":"text-to-image","prompt":"a lighthouse"}` {
		t.Errorf("got %v", done)
	}
	table := tasktable.Table{Client: local.DynamoDB(), Name: local.Outputs[deployment.TaskTable]}
	await(t, "the caller's list has the task", func() bool {
		for task, err := range table.NewestFirst(t.Context(), tasktable.Selection{
			Statuses: tasktable.Statuses, Caller: "u-17", Until: time.Now().Add(time.Hour),
		}) {
			if err != nil {
				t.Fatal(err)
			}
			if task.ID == id {
				return task.Status == announcement.Completed
			}
		}
		return false
	})
}

// TestRequestLetters: an invalid request becomes a dead letter of record. Redriving a valid request there doesn't
// invoke deliver.
func TestRequestLetters(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	request(t, `{"content":{"prompt":"a lighthouse"}}`, "sdruntime")
	await(t, "the message is a dead letter", func() bool {
		counts := callRedrive(t, deadletter.Request{Queue: "record"}).Queues["record"]
		return counts.Errors[failure.Invalid] == 1
	})
	purge(t)
	id := newID(t)
	event := snsEventOf(local.Outputs[deployment.InputTopicARN], newID(t), time.Now(),
		fmt.Sprintf(`{"metadata":{"id":%q},"content":{}}`, id))
	bury(t, "record", event, "throttled")
	bury(t, "record-input-subscription", event, "SNS gave up")
	for _, queue := range []deployment.Queue{"record", "record-input-subscription"} {
		if counts := callRedrive(t, deadletter.Request{Queue: queue, TaskID: id}).Queues[queue]; counts.Redriven != 1 {
			t.Errorf("%s: got %+v", queue, counts)
		}
	}
	if got := getItem(t, id); got.text("status") != "queued" {
		t.Errorf("got %v", got)
	}
}

// TestOverdue calls reconcile as the schedule of the template does: it counts a task that has been queued for days.
func TestOverdue(t *testing.T) {
	start(t)
	id := newID(t)
	asked := snsEventOf(local.Outputs[deployment.InputTopicARN], newID(t), time.Now().Add(-3*24*time.Hour),
		fmt.Sprintf(`{"metadata":{"id":%q,"runtime":"sdruntme"}}`, id))
	if err := send(t.Context(), recordFunction, asked); err != nil {
		t.Fatal(err)
	}
	if got := awaitItem(t, id, "status", "queued"); !strings.Contains(got.text("error"), "has no content") {
		t.Errorf("got %v", got)
	}
	if got := callReconcile(t, reconciliation.Request{Overdue: true}); got.Runs != 0 || got.Objects != 0 {
		t.Errorf("got %+v", got)
	}
	if line := awaitLine(t, reconcileFunction, id); line["OverdueQueued"] != 1.0 || line["runtime"] != "sdruntme" {
		t.Errorf("the log says %v", line)
	}
}
