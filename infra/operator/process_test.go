package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"

	"sdtasktracker/infra/operator/operatortest"
)

// asCommand is the variable that, if set, makes the test binary run the command.
const asCommand = "RUN_AS_SDTASKS"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process runs sdtasks as a separate process, with the given variables only.
func process(t *testing.T, variables []string, args ...string) operatortest.Outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = slices.Concat(variables, operatortest.Nowhere, []string{asCommand + "=yes", "GORACE=atexit_sleep_ms=10"})
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return operatortest.Outcome{Out: out.String(), Progress: progress.String(), Code: cmd.ProcessState.ExitCode()}
}
