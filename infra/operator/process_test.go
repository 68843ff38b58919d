package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// asCommand is the variable that, if set, makes the test binary run the command.
const asCommand = "RUN_AS_SDTASKS"

// fileLimit, a variable for command, lets the command write no larger files than
// a hundred bytes.
const (
	fileLimitName = "LIMIT_FILES"
	fileLimit     = fileLimitName + "=yes"
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		if os.Getenv(fileLimitName) != "" {
			// A disk that is full: files may not grow beyond a hundred bytes.
			signal.Ignore(syscall.SIGXFSZ)
			limit := &syscall.Rlimit{Cur: 100, Max: 100}
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, limit); err != nil {
				panic(err)
			}
		}
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

// command runs sdtasks redrive as a separate process, with the given variables
// only.
func command(t *testing.T, variables []string, args ...string) outcome {
	t.Helper()
	return tasks(t, variables, append([]string{"redrive"}, args...)...)
}

// tasks runs sdtasks as a separate process, with the given variables only.
func tasks(t *testing.T, variables []string, args ...string) outcome {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0], args...)
	process.Env = append(variables, asCommand+"=yes", "GORACE=atexit_sleep_ms=10", "AWS_EC2_METADATA_DISABLED=true",
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
