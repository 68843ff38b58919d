package deployment_test

import (
	"testing"

	"sdtasktracker/shared/deployment"
)

func TestPascal(t *testing.T) {
	for name, want := range map[string]string{
		"record": "Record", "record-subscription": "RecordSubscription", "": "", "a-": "A", "-a--b": "AB",
	} {
		if got := deployment.Pascal(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestFunctionOutput(t *testing.T) {
	if got := deployment.FunctionOutput("task-events"); got != "TaskEventsFunction" {
		t.Errorf("got %q", got)
	}
}

func TestVariable(t *testing.T) {
	for output, want := range map[string]string{
		deployment.TaskTable:                "TASK_TABLE",
		deployment.TopicARN:                 "TOPIC_ARN",
		"RecordSubscriptionDlqUrl":          "RECORD_SUBSCRIPTION_DLQ_URL",
		deployment.FunctionOutput("record"): "RECORD_FUNCTION",
	} {
		if got := deployment.Variable(output); got != want {
			t.Errorf("%s becomes %s, want %s", output, got, want)
		}
	}
}
