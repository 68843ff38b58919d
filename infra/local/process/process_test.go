package process_test

import (
	"bufio"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sdtasktracker/infra/local/process"
)

// TestKillEndsTheWholeGroup starts a shell that prints the process ID of its child.
// Both write to one pipe, which reaches its end only when both have ended.
func TestKillEndsTheWholeGroup(t *testing.T) {
	command := exec.Command("sh", "-c", "sleep 1000 & echo $!; wait")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(command); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if group, err := syscall.Getpgid(child); err != nil || group != command.Process.Pid {
		t.Errorf("the child is in group %d, not in %d: %v", group, command.Process.Pid, err)
	}
	process.Kill(command)
	if rest, err := lines.ReadString('\n'); rest != "" || err == nil {
		t.Errorf("read %q, %v after the end", rest, err)
	}
	if err := command.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the command ended with %v", err)
	}
}

func TestStartReturnsTheError(t *testing.T) {
	command := exec.Command("/nonexistent")
	if err := process.Start(command); err == nil {
		t.Error("no error")
	}
	process.Kill(command) // there is nothing to kill
}
