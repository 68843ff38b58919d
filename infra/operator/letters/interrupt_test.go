package letters

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/deployment"
)

func invokes(r faultproxy.Request) bool { return strings.Contains(r.Path, "/functions/redrive/") }

// TestInterrupted: Ctrl-C ends a redrive at once, also in its first call. It says what was done, that nothing is lost,
// and how to go on.
func TestInterrupted(t *testing.T) {
	for name, test := range map[string]struct {
		answered   int // calls before Ctrl-C
		args, want string
	}{
		"OKFirstCall":  {0, "", "no call has answered yet, so the number is not known; that call continues in Lambda"},
		"OKSecondCall": {1, "", "1 dead letter redriven, and perhaps more by the last call"},
		"OKMax":        {1, "--max 5", "to go on: sdtasks redrive --max 4\n"},
		"OKQuoted":     {0, "--error-contains it's", `to go on: sdtasks redrive --error-contains 'it'\''s'`},
		"OKDryRun":     {0, "--dry-run", "nothing was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			d := deploy(t)
			d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
			operatortest.AddEnvironment(t, d.endpoints...)
			ctx := operatortest.Interrupt(t, d.lambda.Proxy, invokes, test.answered)
			s := cli.Surroundings{Variables: d.outputs, Clock: command.SystemClock}
			got := operatortest.RunUntil[subcommands](ctx, s, append([]string{"redrive"}, strings.Fields(test.args)...)...)
			if got.Code != 130 || !strings.Contains(got.Progress, "sdtasks: interrupted\n  done so far: ") ||
				!strings.Contains(got.Progress, "\n  to go on: sdtasks redrive") || !strings.Contains(got.Progress, test.want) ||
				strings.Contains(got.Progress, "StatusCode") {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}

// TestInterruptedSave: what is saved is said, and the command that goes on saves to another file.
func TestInterruptedSave(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
	operatortest.AddEnvironment(t, d.endpoints...)
	isDelete := func(r faultproxy.Request) bool { return r.Operation == "DeleteMessageBatch" }
	ctx := operatortest.Interrupt(t, d.messaging.Proxy, isDelete, 0)
	file := filepath.Join(t.TempDir(), "saved")
	s := cli.Surroundings{Variables: d.outputs, Clock: command.SystemClock}
	got := operatortest.RunUntil[subcommands](ctx, s, "redrive", "--queue", "record", "--delete", "--save", file)
	want := "1 dead letter saved to " + file + ", 0 of them deleted; the others are still in their queues\n" +
		"  to go on: sdtasks redrive --queue record --delete --save " + file + "-2\n"
	if got.Code != 130 || !strings.Contains(got.Progress, want) {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
	}
}

// TestLeftUnknown: a number that SQS did not say is not 0.
func TestLeftUnknown(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
	d.messaging.Proxy.Inject(faultproxy.Fault{
		Match: func(r faultproxy.Request) bool { return r.Operation == "GetQueueAttributes" },
		Do: faultproxy.Reply(403, "application/x-amz-json-1.0",
			`{"__type":"com.amazonaws.sqs#AccessDenied","message":"no"}`),
	})
	file := filepath.Join(t.TempDir(), "saved")
	got := d.redrive(t, "--queue", "record", "--save", file, "--output", "json")
	var printed []map[string]any
	if err := json.Unmarshal([]byte(got.Out), &printed); err != nil || len(printed) != 1 || printed[0]["Left"] != nil {
		t.Errorf("%v:\n%s", err, got.Out)
	}
	if got.Code != 1 || !strings.Contains(got.Progress, "1 dead letter saved") ||
		!strings.Contains(got.Progress, "count the remaining dead letters: access denied") {
		t.Errorf("exit code %d:\n%s", got.Code, got.Progress)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// TestDenied: the advice is for this subcommand.
func TestDenied(t *testing.T) {
	d := deploy(t)
	d.lambda.Proxy.Inject(faultproxy.Fault{Match: invokes, Do: faultproxy.Reply(403, "application/json",
		`{"__type":"AccessDeniedException","Message":"User: arn:aws:iam::111122223333:user/me is not authorized"}`)})
	const want = "sdtasks: invoke redrive: access denied (the local stack of .local/env) → grant the permission: " +
		"redrive needs cloudformation:DescribeStacks, and lambda:InvokeFunction of the function redrive; for --save sqs:"
	if got := d.redrive(t); got.Code != 1 || !strings.HasPrefix(got.Progress, want) {
		t.Errorf("exit code %d: %s", got.Code, got.Progress)
	}
}
