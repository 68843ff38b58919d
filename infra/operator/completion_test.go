package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestCompletion has bash load the completion, and then asks as bash does.
func TestCompletion(t *testing.T) {
	script := process(t, nil, "completion", "-c", "bash")
	bash := exec.CommandContext(t.Context(), "bash", "-c", script.Out+"\ncomplete -p sdtasks")
	loaded, err := bash.CombinedOutput()
	if err != nil || !strings.Contains(strings.ReplaceAll(string(loaded), "'", ""), "-C "+os.Args[0]+" sdtasks") {
		t.Errorf("bash has %s, %v", loaded, err)
	}
	for line, want := range map[string]string{
		"sdtasks re":                  "reconcile redrive report",
		"sdtasks list --st":           "--stack-name --status",
		"sdtasks list --status ":      "completed failed queued running",
		"sdtasks list --delivery ":    "delivered empty failed none",
		"sdtasks get --output ":       "csv json table",
		"sdtasks reconcile --rep":     "--repair",
		"sdtasks completion ":         "bash fish zsh",
		"sdtasks nothing-that-is-one": "",
	} {
		got := process(t, []string{"COMP_LINE=" + line, "SHELL=/bin/bash"})
		if words := strings.Join(slices.Sorted(strings.FieldsSeq(got.Out)), " "); words != want {
			t.Errorf("%q is completed with %q, want %q: %s", line, words, want, got.Progress)
		}
	}
	for _, shell := range []string{"zsh", "fish"} {
		if got := process(t, nil, "completion", "-c", shell); got.Code != 0 || !strings.Contains(got.Out, "sdtasks") {
			t.Errorf("%s: %+v", shell, got)
		}
	}
}
