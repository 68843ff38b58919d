package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/deadletter"
)

func TestRedrive(t *testing.T) {
	d := deploy(t)
	d.bury(t, deadletter.FailedEvents("record"), running("a"), "the table was down")
	d.bury(t, deadletter.FailedEvents("record"), running("b"), "the table was down")
	listed := d.redrive(t, "--dry-run", "--queue", "record")
	if listed.code != 0 || d.status(t, "a") != "" {
		t.Fatalf("a dry run ended with %+v, and the status is %q", listed, d.status(t, "a"))
	}
	if want := "record: 2 listed, 2 left\n"; listed.progress != want {
		t.Errorf("got %q, want %q", listed.progress, want)
	}
	for _, want := range []string{"Dead letters:", "│ record │ a    │", "│ record │ b    │", "│ the table was down │"} {
		if !strings.Contains(listed.out, want) {
			t.Errorf("a dry run does not print %q:\n%s", want, listed.out)
		}
	}
	got := d.redrive(t)
	want := outcome{
		progress: "record: 2 redriven, 0 failed again, 0 left\nrecord-subscription: 0 redriven, 0 failed again, 0 left\n",
		out: `╭─────────────────────┬──────────┬──────────────┬─────────┬──────╮
│ queue               │ redriven │ failed again │ skipped │ left │
├─────────────────────┼──────────┼──────────────┼─────────┼──────┤
│ record              │        2 │            0 │       0 │    0 │
│ record-subscription │        0 │            0 │       0 │    0 │
╰─────────────────────┴──────────┴──────────────┴─────────┴──────╯
`}
	if got != want {
		t.Errorf("got exit code %d:\n%s%s", got.code, got.progress, got.out)
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
		d.bury(t, deadletter.FailedEvents("record"), running(task), "the table was down")
	}
	got := d.redrive(t, "--task-id", "b", "--queue", "record")
	if got.code != 0 || got.progress != "record: 1 redriven, 0 failed again, 2 left\n" {
		t.Errorf("got %+v", got)
	}
	if a, b := d.status(t, "a"), d.status(t, "b"); a != "" || b != "running" {
		t.Errorf("a has the status %q, b %q", a, b)
	}
}

func TestFailedAgain(t *testing.T) {
	d := deploy(t)
	d.bury(t, deadletter.FailedEvents("record"), event("sns-1", "poison"), "before")
	got := d.redrive(t, "--queue", "record")
	if got.code != 1 || !strings.Contains(got.progress, "redrive: some dead letters failed again") {
		t.Errorf("exit code is %d:\n%s", got.code, got.progress)
	}
	for _, want := range []string{"Failed again:", "message is not JSON"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("it does not print %q:\n%s", want, got.out)
		}
	}
}

func TestUnknownQueue(t *testing.T) {
	d := deploy(t)
	got := d.redrive(t, "--queue", "recrod")
	want := "redrive: --queue recrod: the stack has no such dead-letter queue; " +
		`it has ["record" "record-subscription"]` + "\n"
	if got != (outcome{progress: want, code: 1}) {
		t.Errorf("got %+v", got)
	}
}

// TestManyBatches: a queue needs more than one call, and a batch in which all fail
// does not keep the command from reaching the others.
func TestManyBatches(t *testing.T) {
	d := deploy(t)
	for range batch {
		d.bury(t, deadletter.FailedEvents("record"), "poison", "before")
	}
	d.bury(t, deadletter.FailedEvents("record"), running("last"), "before")
	got := d.redrive(t, "--queue", "record")
	if got.code != 1 || !strings.Contains(got.progress, "record: 1 redriven, 100 failed again, 100 left\n") {
		t.Errorf("exit code %d:\n%s", got.code, got.progress)
	}
	if status := d.status(t, "last"); status != "running" {
		t.Errorf("the last task has the status %q", status)
	}
}

// TestRedriveForPrograms prints totals and dead letters as JSON and CSV.
func TestRedriveForPrograms(t *testing.T) {
	d := deploy(t)
	d.bury(t, deadletter.FailedEvents("record"), event("sns-1", "poison"), "the table was down")
	for _, output := range []string{"csv", "json"} {
		got := d.redrive(t, "--queue", "record", "--dry-run", "--output", output)
		if got.code != 0 {
			t.Errorf("exit code %d: %s", got.code, got.progress)
		}
		golden(t, "redrive."+output, ages.ReplaceAllString(got.out, "$1…"))
	}
}

// ages are what differs from one run to the next, and SQS's ids.
var ages = regexp.MustCompile(`("age": |"messageId": )"[^"]*"|(sns-1,)[0-9]+`)

// TestRedriveBar shows a bar to whoever watches, and no lines.
func TestRedriveBar(t *testing.T) {
	d := deploy(t)
	d.bury(t, deadletter.FailedEvents("record"), running("a"), "the table was down")
	addEnvironment(t, d.endpoints...)
	p := program{variables: d.outputs, now: time.Now, watched: true}
	run := outcomeOf(t, p, "redrive", "--queue", "record")
	if run.code != 0 {
		t.Fatalf("exit code %d: %s", run.code, run.progress)
	}
	if got := run.progress; !strings.Contains(got, "1 / 1") || !strings.Contains(got, "100.00%") ||
		strings.Contains(got, "redriven") {
		t.Errorf("got %q", got)
	}
}
