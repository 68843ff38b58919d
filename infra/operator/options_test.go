package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/deadletter"
)

func TestParse(t *testing.T) {
	type conditions = deadletter.Request
	for name, test := range map[string]struct {
		args string // separated by commas
		want options
	}{
		"OKDryRun": {"--dry-run,--queue,record", options{request: conditions{DryRun: true, Queue: "record"}}},
		"OKConditions": {
			"--task-id,a,--error-contains,is not JSON,--older-than,10m,--max,5",
			options{request: conditions{
				TaskID: "a", ErrorContains: "is not JSON", OlderThan: deadletter.Duration(10 * time.Minute), Max: 5,
			}},
		},
		"OKRate":      {"--rate,0.5", options{request: conditions{RatePerSecond: 0.5}}},
		"OKStackName": {"--stack-name,Other", options{stackName: "Other"}},
		"OKSave":      {"--save,f", options{save: "f"}},
		"OKDeleteQueue": {
			"--save,f,--delete,--queue,q", options{save: "f", delete: true, request: conditions{Queue: "q"}},
		},
		"OKDeleteTask": {
			"--save,f,--delete,--task-id,a", options{save: "f", delete: true, request: conditions{TaskID: "a"}},
		},
		"OKDeleteSoMany": {"--save,f,--delete,--max,5", options{save: "f", delete: true, request: conditions{Max: 5}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(strings.Split(test.args, ","), &bytes.Buffer{})
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	for name, test := range map[string]struct{ args, want string }{
		"ErrUnknownFlag":  {"--dryrun", "-dryrun"},
		"ErrArgument":     {"record", `"record" is not an option`},
		"ErrDuration":     {"--older-than,soon", "soon"},
		"ErrMax":          {"--max,-1", "max is -1"},
		"ErrDeleteAlone":  {"--delete,--queue,record", "--delete needs --save FILE"},
		"ErrDeleteAll":    {"--delete,--save,f", "it deletes only what was chosen"},
		"ErrSaveDryRun":   {"--save,f,--dry-run", "neither --dry-run nor --rate"},
		"ErrSaveWithRate": {"--save,f,--rate,1", "neither --dry-run nor --rate"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Split(test.args, ","), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want it to say %q", err, test.want)
			}
		})
	}
}
