package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deadletter"
)

func TestUsageErrors(t *testing.T) {
	h := history{t: t, variables: []string{"TASK_TABLE=none"}}
	for name, test := range map[string]struct{ args, want string }{
		"no subcommand":           {"", `expected one of "list", "stuck"`},
		"an unknown subcommand":   {"lists", "unexpected argument lists"},
		"an unknown option":       {"list --runtimes x", "unknown flag --runtimes"},
		"an unknown status":       {"list --status done", `must be one of "running","completed","failed"`},
		"an unknown delivery":     {"list --delivery done", `must be one of "delivered","empty","failed","none"`},
		"an unknown output":       {"list --output yaml", `must be one of "table","json","csv"`},
		"a time in words":         {"list --since yesterday", "nor an RFC 3339 time"},
		"an end before the start": {"list --since 1h --until 2h", "--until is before --since"},
		"a negative limit":        {"list --limit=-1", "--limit is negative"},
		"stuck for how long":      {"stuck", "missing flags: --for"},
		"stuck since a date":      {"stuck --for 2026-01-31T12:00:00Z", "not a length of time"},
		"no task":                 {"get", `expected "<task>"`},
		"links for too long":      {"get a --links --expires 8d", "--expires is not from 1s to 7d"},
		"stats of no time":        {"stats --since 1h --until 2h", "--until is before --since"},
		"an option of redrive":    {"redrive --dryrun", "unknown flag --dryrun"},
		"an argument of redrive":  {"redrive record", "unexpected argument record"},
		"a length of time":        {"redrive --older-than soon", "not a length of time"},
		"a negative maximum":      {"redrive --max=-1", "max is -1"},
		"deleting unsaved":        {"redrive --delete --queue record", "--delete needs --save FILE"},
		"deleting all":            {"redrive --delete --save f", "it deletes only what was chosen"},
		"saving without looking":  {"redrive --save f --dry-run", "neither --dry-run nor --rate"},
		"saving slowly":           {"redrive --save f --rate 1", "neither --dry-run nor --rate"},
		"putting back a part":     {"redrive --put-back f --queue record", "--put-back goes with no other option"},
	} {
		t.Run(name, func(t *testing.T) {
			got := h.run(strings.Fields(test.args)...)
			if got.code != 2 || got.out != "" || !strings.Contains(got.progress, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.code, got.progress, got.out)
			}
		})
	}
}

var subcommands = []string{"list", "stuck", "failures", "get", "stats", "watch", "reconcile", "report", "doctor",
	"redrive", "completion", "version"}

func TestTasksHelp(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(localtest.Root(), "infra/operator/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if help := tasks(t, nil, "--help"); help.code != 0 || !strings.Contains(string(readme), help.out) {
		t.Errorf("exit code %d; README.md does not have this help:\n%s%s", help.code, help.out, help.progress)
	}
	for _, name := range subcommands {
		t.Run(name, func(t *testing.T) {
			help := tasks(t, nil, name, "--help")
			if help.code != 0 || !strings.Contains(help.out, "\n    sdtasks "+name) {
				t.Errorf("exit code %d, or no example:\n%s", help.code, help.out)
			}
			golden(t, "help-"+name+".txt", help.out)
		})
	}
}

func TestVersion(t *testing.T) {
	got := process(t, nil, "version")
	if got.code != 0 || !strings.HasPrefix(got.out, "sdtasks ") || strings.Count(got.out, "\n") != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestStatus: a process says where it belongs what is wrong with its command line.
func TestStatus(t *testing.T) {
	got := process(t, nil, "lists")
	if got.code != 2 || got.out != "" || !strings.Contains(got.progress, "unexpected argument lists") {
		t.Errorf("got %+v", got)
	}
}

// TestNamedStack: an explicit name beats a local stack's outputs in the
// environment, also of a redrive.
func TestNamedStack(t *testing.T) {
	h := newHistory(t)
	t.Setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", describeStacks(t, "Tracker",
		output{"TaskTable", h.Name}, output{"Settings", `{"deliveryRegion":"eu-west-1"}`},
		output{"RedriveFunction", "none"}, output{deadletter.FailedEvents("record").Output(), "none"}))
	h.variables = []string{"TASK_TABLE=none", "REDRIVE_FUNCTION=none", "RECORD_DLQ_URL=none"}
	for name, test := range map[string]struct {
		args, want string
		code       int
	}{
		"named":                   {"list --stack-name Tracker", "│ done", 0},
		"named for the program":   {"--stack-name Tracker list", "│ done", 0},
		"the bucket's Region":     {"get done --links --stack-name Tracker", "%2Feu-west-1%2Fs3%2F", 0},
		"none of that name":       {"list --stack-name Other", "Stack with id Other does not exist", 1},
		"a redrive of that name":  {"redrive --stack-name Other", "redrive: read the outputs of stack Other:", 1},
		"a redrive, named before": {"--stack-name Other redrive", "redrive: read the outputs of stack Other:", 1},
		"not named":               {"list", "is a local stack still running?", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := h.run(strings.Fields(test.args)...)
			if got.code != test.code || !strings.Contains(got.progress+got.out, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.code, got.progress, got.out)
			}
		})
	}
	h.variables = nil
	if got := h.run("list"); !strings.Contains(got.progress, "Stack with id SdTaskTracker does not exist") {
		t.Errorf("without a name and .local/env: %+v", got)
	}
}

func TestErrors(t *testing.T) {
	h := newHistory(t)
	none := h
	none.variables = []string{"TASK_TABLE=none"}
	for name, test := range map[string]struct {
		h          history
		args, want string
	}{
		"no such task":    {h, "get nobody", `get task "nobody"`},
		"what to do then": {h, "get nobody", "sdtasks list shows tasks"},
		"no such table":   {none, "stats", "check --stack-name, --region and --profile"},
		"no such profile": {h, "list --profile nobody", "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.h.run(strings.Fields(test.args)...)
			if got.code != 1 || got.out != "" || !strings.Contains(got.progress, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.code, got.progress, got.out)
			}
		})
	}
}

func TestColors(t *testing.T) {
	for name, test := range map[string]struct {
		p    program
		want any
	}{
		"of a terminal": {program{colored: true}, "\x1b[31mfailed\x1b[0m"},
		"of a file":     {program{}, "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.p.cell(announcement.Failed); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestWantsColor(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		want      bool
	}{
		"by default":       {nil, true},
		"not if asked to":  {map[string]string{"NO_COLOR": "1"}, false},
		"not a dumb one's": {map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wantsColor(func(name string) string { return test.variables[name] }); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
