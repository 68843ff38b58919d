package process_test

import (
	"bufio"
	"io"
	"os"
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

// TestKillAfterWait: Kill does nothing after Wait, because the process ID may belong to
// another process. Here it still names a group, in which a process waits for the end of
// its input.
func TestKillAfterWait(t *testing.T) {
	command := exec.Command("sh", "-c", "exec 3<&0; cat <&3 >&2 & exit")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	command.Stderr = write
	if err := process.Start(command); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	if _, err := command.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	process.Kill(command)
	if _, err := in.Write([]byte("alive\n")); err != nil {
		t.Fatal(err)
	}
	_ = in.Close()
	if said, err := io.ReadAll(read); string(said) != "alive\n" {
		t.Errorf("it says %q, %v", said, err)
	}
}

func TestStartReturnsTheError(t *testing.T) {
	command := exec.Command("/nonexistent")
	if err := process.Start(command); err == nil {
		t.Error("no error")
	}
	process.Kill(command) // kills nothing
}
