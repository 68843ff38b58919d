package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"syscall"
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

// newProcess is sdtasks as a separate process, with the given variables only.
func newProcess(t *testing.T, variables []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = slices.Concat(variables, operatortest.Nowhere, []string{asCommand + "=yes", "GORACE=atexit_sleep_ms=10"})
	return cmd
}

// process runs sdtasks as a separate process, with the given variables only.
func process(t *testing.T, variables []string, args ...string) operatortest.Outcome {
	t.Helper()
	cmd := newProcess(t, variables, args...)
	var out, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &progress
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return operatortest.Outcome{Out: out.String(), Progress: progress.String(), Code: cmd.ProcessState.ExitCode()}
}

// closedPipe is a pipe that nobody reads.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	t.Cleanup(func() { _ = writer.Close() })
	return writer
}

// TestClosedPipes: an error that can't be printed keeps its exit code, and results that nobody reads end the command
// quietly, as in sdtasks list | head.
func TestClosedPipes(t *testing.T) {
	var out, progress bytes.Buffer
	usage := newProcess(t, nil, "lists")
	usage.Stdout, usage.Stderr = &out, closedPipe(t)
	if _ = usage.Run(); usage.ProcessState.ExitCode() != 2 || out.Len() > 0 {
		t.Errorf("exit code %d: %s", usage.ProcessState.ExitCode(), out.String())
	}
	help := newProcess(t, nil, "--help")
	help.Stdout, help.Stderr = closedPipe(t), &progress
	if _ = help.Run(); help.ProcessState.ExitCode() != 141 || progress.Len() > 0 {
		t.Errorf("exit code %d: %s", help.ProcessState.ExitCode(), progress.String())
	}
}

// TestSignals: Ctrl-C and SIGTERM end a command that waits for AWS at once, with their exit code and a word.
func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			asked := make(chan struct{}, 9)
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				asked <- struct{}{}
				<-r.Context().Done()
			}))
			defer server.Close()
			cmd := newProcess(t, []string{"TASK_TABLE=tasks", "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test",
				"AWS_SECRET_ACCESS_KEY=test-secret", "AWS_ENDPOINT_URL=" + server.URL}, "stats")
			var printed bytes.Buffer
			cmd.Stdout, cmd.Stderr = &printed, &printed
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			want := "sdtasks: interrupted, and nothing was changed; to start again: " + os.Args[0] + " stats\n"
			if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 130 || printed.String() != want {
				t.Errorf("exit code %d: %s", cmd.ProcessState.ExitCode(), printed.String())
			}
		})
	}
}
