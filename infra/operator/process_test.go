package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// asCommand, if set, makes the test's executable the command itself.
const asCommand = "RUN_AS_REDRIVE"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// outcome is how a run of the command ended.
type outcome struct {
	out, progress string
	code          int
}

// command runs the command as a process of its own, with no variables but the
// given ones.
func command(t *testing.T, variables []string, args ...string) outcome {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0], args...)
	process.Env = append(variables, asCommand+"=yes", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	var out, progress bytes.Buffer
	process.Stdout, process.Stderr = &out, &progress
	err := process.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{out.String(), progress.String(), process.ProcessState.ExitCode()}
}
