package e2e

import (
	"net/http"
	"syscall"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/local/localtest"
)

// killing sends a signal to the function's sandboxes in place of an answer.
func killing(function string, signal syscall.Signal) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		for _, pid := range local.Host.Sandboxes(local.Outputs[function]) {
			_ = syscall.Kill(pid, signal)
		}
		faultproxy.Cut(w, r, forward)
	}
}

// killAll kills a function's sandboxes, and waits until all have ended.
func killAll(t testing.TB, function string) {
	t.Helper()
	for _, pid := range local.Host.Sandboxes(function) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	localtest.Await(t, patience, "the sandboxes are dead", func() bool { return len(local.Host.Sandboxes(function)) == 0 })
}
