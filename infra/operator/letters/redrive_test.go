package letters

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/deployment"
)

func TestRedrive(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
	d.bury(t, deployment.FailedEvents("record"), running("b"), "the table was down")
	listed := d.redrive(t, "--dry-run", "--queue", "record")
	if listed.Code != 0 || d.status(t, "a") != "" {
		t.Fatalf("a dry run ended with %+v, and the status is %q", listed, d.status(t, "a"))
	}
	if listed.Progress != "" {
		t.Errorf("got %q", listed.Progress)
	}
	for _, want := range []string{"record: 2 dead letters, the oldest ", "the table was down\n  for example a\n",
		"  → sdtasks redrive --queue record\n"} {
		if !strings.Contains(listed.Out, want) {
			t.Errorf("a dry run does not print %q:\n%s", want, listed.Out)
		}
	}
	got := d.redrive(t)
	want := operatortest.Outcome{
		Out: `╭─────────────────────┬──────────┬──────────────┬─────────┬──────╮
│ queue               │ redriven │ failed again │ skipped │ left │
├─────────────────────┼──────────┼──────────────┼─────────┼──────┤
│ record              │        2 │            0 │       0 │    0 │
│ record-subscription │        0 │            0 │       0 │    0 │
╰─────────────────────┴──────────┴──────────────┴─────────┴──────╯
`}
	if got != want {
		t.Errorf("got exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
	}
	for _, task := range []string{"a", "b"} {
		if got := d.status(t, task); got != "running" {
			t.Errorf("task %s has the status %q", task, got)
		}
	}
}

func TestConditions(t *testing.T) {
	d := deploy(t)
	for _, task := range []string{"a", "b", "c"} {
		d.bury(t, deployment.FailedEvents("record"), running(task), "the table was down")
	}
	got := d.redrive(t, "--task-id", "b", "--queue", "record")
	if got.Code != 0 || !strings.Contains(got.Out, "│ record │        1 │            0 │") {
		t.Errorf("got %+v", got)
	}
	if a, b := d.status(t, "a"), d.status(t, "b"); a != "" || b != "running" {
		t.Errorf("a has the status %q, b %q", a, b)
	}
}

func TestFailedAgain(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), event("sns-1", "poison"), "before")
	got := d.redrive(t, "--queue", "record")
	if got.Code != 3 || !strings.Contains(got.Progress, "sdtasks: some dead letters failed again") {
		t.Errorf("exit code is %d:\n%s", got.Code, got.Progress)
	}
	for _, want := range []string{"record: 1 dead letter", "message is not JSON", "--save record.jsonl --delete"} {
		if !strings.Contains(got.Out, want) {
			t.Errorf("it does not print %q:\n%s", want, got.Out)
		}
	}
}

// TestAnothersResponse: JSON that is not the redrive function's response is an error, not an all-clear.
func TestAnothersResponse(t *testing.T) {
	d := deploy(t)
	for _, response := range []string{"null", "{}", `{"login":"please"}`} {
		t.Run("ErrResponse"+response, func(t *testing.T) {
			d.lambda.Proxy.Inject(faultproxy.Fault{Times: 1, Match: invokes,
				Do: faultproxy.Reply(http.StatusOK, "application/json", response)})
			got := d.redrive(t, "--queue", "record")
			if got.Code != 1 || !strings.Contains(got.Progress, "the response of the redrive function has no counts") {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}

func TestUnknownQueue(t *testing.T) {
	d := deploy(t)
	got := d.redrive(t, "--queue", "recrod")
	want := "sdtasks: --queue recrod: the stack has no such dead-letter queue; " +
		`it has ["record" "record-subscription"]` + "\n"
	if got != (operatortest.Outcome{Progress: want, Code: 1}) {
		t.Errorf("got %+v", got)
	}
}

// TestManyBatches: a queue needs more than one call, and a batch in which all fail
// does not keep the command from reaching the others.
func TestManyBatches(t *testing.T) {
	d := deploy(t)
	for range maxBatch {
		d.bury(t, deployment.FailedEvents("record"), "poison", "before")
	}
	d.bury(t, deployment.FailedEvents("record"), running("last"), "before")
	got := d.redrive(t, "--queue", "record")
	if got.Code != 3 || !strings.Contains(got.Out, "│ record │        1 │          100 │") {
		t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
	}
	if status := d.status(t, "last"); status != "running" {
		t.Errorf("the last task has the status %q", status)
	}
}

// TestRedriveForPrograms prints totals and dead letters as JSON and CSV.
func TestRedriveForPrograms(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), event("sns-1", "poison"), "the table was down")
	for _, output := range []string{"csv", "json"} {
		got := d.redrive(t, "--queue", "record", "--dry-run", "--output", output)
		if got.Code != 0 {
			t.Errorf("exit code %d: %s", got.Code, got.Progress)
		}
		operatortest.Golden(t, "redrive."+output, ages.ReplaceAllString(got.Out, "$1…"))
	}
}

// TestRedriveFullDisk: results that can't be written are an error, whatever was done.
func TestRedriveFullDisk(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
	operatortest.AddEnvironment(t, d.endpoints...)
	s := cli.Surroundings{Variables: d.outputs, Clock: command.SystemClock}
	file := filepath.Join(t.TempDir(), "saved.jsonl")
	if got := operatortest.Run[subcommands](t, s, "redrive", "--queue", "record", "--save", file); got.Code != 0 {
		t.Fatalf("got %+v", got)
	}
	for args, format := range map[string]output.Format{
		"--put-back " + file:                  output.Table,
		"--queue record --dry-run":            output.JSON,
		"--queue record --save " + file + "2": output.CSV,
		"--queue record":                      output.Table,
	} {
		operatortest.WantFullDisk[subcommands](t, s, []output.Format{format},
			append([]string{"redrive"}, strings.Fields(args)...)...)
	}
}

// ages are what differs from one run to the next, and SQS's ids.
var ages = regexp.MustCompile(`("age": |"messageId": )"[^"]*"|(sns-1,)[0-9]+`)

// TestRedriveBar shows a bar to whoever watches, and no lines.
func TestRedriveBar(t *testing.T) {
	d := deploy(t)
	d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
	operatortest.AddEnvironment(t, d.endpoints...)
	s := cli.Surroundings{Variables: d.outputs, Clock: command.SystemClock, Terminal: command.Terminal{Watched: true}}
	run := operatortest.Run[subcommands](t, s, "redrive", "--queue", "record")
	if run.Code != 0 {
		t.Fatalf("exit code %d: %s", run.Code, run.Progress)
	}
	if got := run.Progress; !strings.Contains(got, "1 / 1") || !strings.Contains(got, "100.00%") ||
		strings.Contains(got, "redriven") {
		t.Errorf("got %q", got)
	}
}

func TestFindsTheStack(t *testing.T) {
	d := deploy(t)
	outputs := []string{
		"RecordFunction=record", "RedriveFunction=redrive", "TopicArn=arn:aws:sns:us-east-1:000000000000:t",
		"RecordDlqUrl=" + d.urls[deployment.FailedEvents("record")],
		"RecordSubscriptionDlqUrl=" + d.urls[deployment.Undelivered("record")],
	}
	isRedrive := func(o string) bool { return strings.HasPrefix(o, "RedriveFunction=") }
	old := slices.DeleteFunc(slices.Clone(outputs), isRedrive)
	for name, test := range map[string]struct {
		outputs []string
		args    []string
		want    string
		code    int
	}{
		"OK":               {outputs, []string{"--stack-name", "Tracker"}, "│ record │        1 │            0 │", 0},
		"ErrNoStack":       {outputs, nil, "stack SdTaskTracker: the stack does not exist", 1},
		"ErrOldDeployment": {old, []string{"--stack-name", "Tracker"}, "has no output RedriveFunction", 1},
	} {
		t.Run(name, func(t *testing.T) {
			if test.code == 0 {
				d.bury(t, deployment.FailedEvents("record"), running("a"), "the table was down")
			}
			cloudFormation := operatortest.DescribeStacks(t, "Tracker", test.outputs...)
			variables := append(slices.Clone(d.endpoints), "AWS_ENDPOINT_URL_CLOUDFORMATION="+cloudFormation)
			got := redrive(t, variables, append(test.args, "--queue", "record")...)
			if got.Code != test.code || !strings.Contains(got.Progress+got.Out, test.want) {
				t.Errorf("exit code %d:\n%s", got.Code, got.Progress)
			}
		})
	}
}
