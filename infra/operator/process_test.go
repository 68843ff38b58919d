package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asCommand is the variable that, if set, makes the test binary run the command.
const asCommand = "RUN_AS_SDTASKS"

// fileLimit is the variable that makes process run the command with a full disk: it can
// write no more than a hundred bytes to a file.
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

// command runs sdtasks redrive with the given variables only.
func command(t *testing.T, variables []string, args ...string) outcome {
	t.Helper()
	return tasks(t, variables, append([]string{"redrive"}, args...)...)
}

// nowhere keeps the AWS SDK from the machine's configuration files and EC2's metadata.
var nowhere = []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null",
	"AWS_SHARED_CREDENTIALS_FILE=/dev/null"}

// tasks runs sdtasks with the given variables only, as process does, but in this
// process: one with the race detector takes 0.2 s to start. No other test may run at the
// same time, because the variables are the process's.
func tasks(t *testing.T, variables []string, args ...string) outcome {
	t.Helper()
	variables = slices.Concat(variables, nowhere)
	defer setEnvironment(os.Environ())
	setEnvironment(variables)
	return outcomeOf(t, program{variables: variables, now: time.Now, pause: pause}, args...)
}

// outcomeOf runs a program in this process, and keeps what it prints.
func outcomeOf(t *testing.T, p program, args ...string) outcome {
	t.Helper()
	var out, progress bytes.Buffer
	p.out, p.progress = &out, &progress
	code := p.main(t.Context(), args)
	return outcome{out.String(), progress.String(), code}
}

// addEnvironment sets variables, each given as NAME=VALUE, for as long as the test runs.
func addEnvironment(t *testing.T, variables ...string) {
	t.Helper()
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

// setEnvironment replaces all variables, each given as NAME=VALUE.
func setEnvironment(variables []string) {
	os.Clearenv()
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		_ = os.Setenv(name, value) // fails only for a name that no environment has
	}
}

// process runs sdtasks as a separate process, with the given variables only.
func process(t *testing.T, variables []string, args ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = slices.Concat(variables, nowhere, []string{asCommand + "=yes", "GORACE=atexit_sleep_ms=10"})
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{out.String(), progress.String(), cmd.ProcessState.ExitCode()}
}
