package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// asCommand is the variable that, if set, makes the test binary run the command.
const asCommand = "RUN_AS_REDRIVE"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// outcome is the result of a run of the command.
type outcome struct {
	out, progress string
	code          int
}

// command runs the command as a separate process, with the given variables only.
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
