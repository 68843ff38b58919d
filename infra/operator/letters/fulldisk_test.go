package letters

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"testing"

	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
)

// onFullDisk is the variable that, if set, makes the test binary run the command on a disk that is full: files may
// not grow beyond a hundred bytes.
const onFullDisk = "RUN_ON_FULL_DISK"

func TestMain(m *testing.M) {
	if os.Getenv(onFullDisk) == "" {
		os.Exit(m.Run())
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
		panic(err)
	}
	os.Exit(cli.Main[subcommands](context.Background(), cli.Surroundings{
		Terminal: command.Terminal{Out: os.Stdout, Progress: os.Stderr}, Clock: command.SystemClock,
		Variables: os.Environ(),
	}, os.Args[1:]))
}

// redriveOnFullDisk runs the subcommand in a process of its own, and returns what it prints.
func (d *deployed) redriveOnFullDisk(t *testing.T, args ...string) operatortest.Outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"redrive"}, args...)...)
	cmd.Env = slices.Concat(d.endpoints, d.outputs, operatortest.Nowhere, []string{onFullDisk + "=yes"})
	printed, _ := cmd.CombinedOutput() // the exit code says whether it failed
	return operatortest.Outcome{Progress: string(printed), Code: cmd.ProcessState.ExitCode()}
}
