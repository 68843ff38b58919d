package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
)

// sdtasks runs the command with these variables only.
func sdtasks(t *testing.T, variables []string, args ...string) operatortest.Outcome {
	t.Helper()
	return operatortest.RunWith[subcommands](t, variables, args...)
}

func TestUsageErrors(t *testing.T) {
	variables := []string{"TASK_TABLE=none"}
	for name, test := range map[string]struct{ args, want string }{
		"ErrOnlyOption":        {"--output csv", `expected one of "init", "list"`},
		"ErrUnknownSubcommand": {"lists", "unexpected argument lists"},
		"ErrUnknownOption":     {"list --runtimes x", "unknown flag --runtimes"},
		"ErrUnknownStatus":     {"list --status done", `must be one of "queued","running","completed","failed"`},
		"ErrUnknownDelivery":   {"list --delivery done", `must be one of "delivered","empty","failed","none"`},
		"ErrUnknownOutput":     {"list --output yaml", `must be one of "table","json","csv"`},
		"ErrTimeInWords":       {"list --since yesterday", "nor an RFC 3339 time"},
		"ErrEndBeforeStart":    {"list --since 1h --until 2h", "--until is before --since"},
		"ErrNegativeLimit":     {"list --limit=-1", `--limit: expected a valid 64 bit uint but got "-1"`},
		"ErrEmptyCondition":    {"list --runtime=", "--runtime: must not be empty"},
		"ErrEmptyStatus":       {"list --status=", "--status: must not be empty"},
		"ErrEmptyFile":         {"report ", "[<file>]: must not be empty"},
		"ErrEmptyOutput":       {"list --output=", "--output: must not be empty"},
		"ErrEmptyID":           {"get ", "<task>: must not be empty"},
		"ErrOneEmptyID":        {"watch a ", "[<task> ...]: must not be empty"},

		"ErrStuckSinceDate":       {"stuck --for 2026-01-31T12:00:00Z", "not a length of time"},
		"ErrNoTask":               {"get", `expected "<task>"`},
		"ErrLinksForTooLong":      {"get a --links --expires 8d", "--expires must be from 1s to 7d"},
		"ErrStatsOfNoTime":        {"stats --since 1h --until 2h", "--until is before --since"},
		"ErrEmptyTask":            {"redrive --task-id ", "--task-id: must not be empty"},
		"ErrEmptyQueue":           {"redrive --queue ", "--queue"},
		"ErrOptionOfRedrive":      {"redrive --dryrun", "unknown flag --dryrun"},
		"ErrArgumentOfRedrive":    {"redrive record", "unexpected argument record"},
		"ErrLengthOfTime":         {"redrive --older-than soon", "not a length of time"},
		"ErrNegativeMaximum":      {"redrive --max=-1", "max is -1"},
		"ErrDeletingUnsaved":      {"redrive --delete --queue record", "--delete needs --save FILE"},
		"ErrDeletingAll":          {"redrive --delete --save f", "it does not delete all dead letters at once"},
		"ErrSavingWithoutLooking": {"redrive --save f --dry-run", "--save cannot be combined with --dry-run or --rate"},
		"ErrSavingSlowly":         {"redrive --save f --rate 1", "--save cannot be combined with --dry-run or --rate"},
		"ErrPuttingBack":          {"redrive --put-back f --queue record", "--put-back cannot be combined with other"},
	} {
		t.Run(name, func(t *testing.T) {
			got := sdtasks(t, variables, strings.Split(test.args, " ")...)
			if got.Code != 2 || got.Out != "" || !strings.Contains(got.Progress, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}

// TestHyphens: an id may begin with a hyphen, and an error says how to write it.
func TestHyphens(t *testing.T) {
	for args, want := range map[string]string{
		"get -5":               "(put an id that begins with a hyphen last, after --; see sdtasks get --help)",
		"get --odd":            "(put an id that begins with a hyphen last, after --; see sdtasks get --help)",
		"watch a -5":           "(put an id that begins with a hyphen last, after --; see sdtasks watch --help)",
		"watch -x":             "(put an id that begins with a hyphen last, after --; see sdtasks watch --help)",
		"redrive --task-id -5": `perhaps try --task-id="-5"? (see sdtasks redrive --help)`,
		"get -hello":           "-hello: put an id that begins with a hyphen last, after --",
		"get a -h5 --links":    "-h5: put an id that begins with a hyphen last, after --",
		"watch -hé -- -a":      "-hé: put an id that begins with a hyphen last, after --",
		"redrive --task-id -h": `perhaps try --task-id="-h"? (see sdtasks redrive --help)`,
		"redrive --queue -abc": "after --; as an option's value, write it after =",
		"list -5":              `unknown flag -5, did you mean "-h"? (see sdtasks list --help)`,
	} {
		got := sdtasks(t, []string{"TASK_TABLE=none"}, strings.Fields(args)...)
		if got.Code != 2 || !strings.Contains(got.Progress, want) {
			t.Errorf("%s: exit code %d: %s", args, got.Code, got.Progress)
		}
	}
	h := operatortest.NewHistory(t)
	h.Record(time.Minute, `{"id":"-5","result":true,"image_url":[]}`)
	for _, args := range []string{"get -- -5", "get --output csv -- -5", "watch -- -5"} {
		got := operatortest.Run[subcommands](t, h.Surroundings, strings.Fields(args)...)
		if got.Code != 0 || !strings.Contains(got.Out, "-5") {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

var all = []string{"init", "list", "stuck", "failures", "get", "stats", "watch", "reconcile", "browse", "report",
	"doctor", "redrive", "completion", "version"}

func TestTasksHelp(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(prepare.Root(), "infra/operator/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if got := sdtasks(t, nil); got != sdtasks(t, nil, "--help") {
		t.Errorf("without arguments, it prints\n%+v", got)
	}
	if help := sdtasks(t, nil, "--help"); help.Code != 0 || !strings.Contains(string(readme), help.Out) {
		t.Errorf("exit code %d; README.md does not have this help:\n%s%s", help.Code, help.Out, help.Progress)
	}
	for _, name := range all {
		t.Run(name, func(t *testing.T) {
			help := sdtasks(t, nil, name, "--help")
			if help.Code != 0 || !strings.Contains(help.Out, "\n    sdtasks "+name) {
				t.Errorf("exit code %d, or no example:\n%s", help.Code, help.Out)
			}
			operatortest.Golden(t, "help-"+name+".txt", help.Out)
		})
	}
}

func TestVersion(t *testing.T) {
	got := process(t, nil, "version")
	if got.Code != 0 || !strings.HasPrefix(got.Out, "sdtasks ") || strings.Count(got.Out, "\n") != 1 {
		t.Errorf("got %+v", got)
	}
}

// TestStatus: a process says where it belongs what is wrong with its command line.
func TestStatus(t *testing.T) {
	got := process(t, nil, "lists")
	if got.Code != 2 || got.Out != "" || !strings.Contains(got.Progress, "unexpected argument lists") {
		t.Errorf("got %+v", got)
	}
}

// TestStackName: an explicit name beats a local stack's outputs in the environment, wherever it stands.
func TestStackName(t *testing.T) {
	variables := []string{"TASK_TABLE=none", "REDRIVE_FUNCTION=none", "RECORD_DLQ_URL=none", "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test-secret",
		"AWS_ENDPOINT_URL_CLOUDFORMATION=" + operatortest.DescribeStacks(t, "Tracker")}
	for name, test := range map[string]struct{ args, want string }{
		"ErrNoOutput": {"list --stack-name Tracker",
			"sdtasks: stack Tracker has no outputs: its status is CREATE_IN_PROGRESS (stack Tracker, Region "},
		"ErrNoStack":                 {"list --stack-name Other", "sdtasks: read the outputs of stack Other:"},
		"ErrNoStackBeforeSubcommand": {"--stack-name Other redrive", "sdtasks: read the outputs of stack Other:"},
	} {
		t.Run(name, func(t *testing.T) {
			got := sdtasks(t, variables, strings.Fields(test.args)...)
			if got.Code != 1 || got.Out != "" || !strings.HasPrefix(got.Progress, test.want) {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}

// TestFullDisk: what is printed without a deployment can't be lost either.
func TestFullDisk(t *testing.T) {
	for _, args := range []string{"version", "completion -c bash", "--help", "list --help"} {
		operatortest.WantFullDisk[subcommands](t, cli.Surroundings{}, output.Formats, strings.Fields(args)...)
	}
}

func TestWantsColor(t *testing.T) {
	for name, test := range map[string]struct {
		variables map[string]string
		want      bool
	}{
		"OKDefault":           {nil, true},
		"NoColor":             {map[string]string{"NO_COLOR": "1"}, false},
		"NoColorDumbTerminal": {map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wantsColor(func(name string) string { return test.variables[name] }); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
