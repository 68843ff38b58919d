// Package process starts child processes that can't outlive this one.
package process

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter starts every child from one operating-system thread that never ends.
// Linux sends a child its parent-death signal when the thread that started it ends,
// not when the process does (prctl(2), PR_SET_PDEATHSIG).
var starter = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

// Start starts the command in a process group of its own, so that a Ctrl-C at
// the terminal reaches only this process, which ends its children in order.
func Start(command *exec.Cmd) error {
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid = true
	dieWithParent(command.SysProcAttr)
	started := make(chan error)
	starter() <- func() { started <- command.Start() }
	return <-started
}

// Kill sends SIGKILL to the command's process group. The caller must still wait for
// the command. After that, Kill does nothing, because another process may have the
// process ID by then.
func Kill(command *exec.Cmd) {
	if command.Process != nil && command.Process.Signal(syscall.Signal(0)) == nil {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
}
