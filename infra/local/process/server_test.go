package process_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"sdtasktracker/infra/local/process"
)

// serve starts a server without sockets: a shell's script.
func serve(t *testing.T, script string) *process.Server {
	t.Helper()
	server, err := process.Serve(t.Context(), func(string) *exec.Cmd { return exec.Command("sh", "-c", script) })
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestServerEnds(t *testing.T) {
	t.Run("ErrByItself", func(t *testing.T) {
		server := serve(t, "echo no memory >&2; exit 3")
		<-server.Done()
		if err := server.Err(); err == nil || !strings.Contains(err.Error(), "sh ended: exit status 3\nno memory") {
			t.Errorf("error is %v", err)
		}
		if _, err := os.Stat(strings.TrimPrefix(server.Socket(""), "unix://")); err == nil {
			t.Error("its sockets are left")
		}
	})
	t.Run("OKBeforeWhatItStarted", func(t *testing.T) {
		server := serve(t, "sleep 20 >/dev/null & exit 0")
		<-server.Done()
		if err := server.Close(); err != nil || server.Err() == nil {
			t.Errorf("error is %v, %v", err, server.Err())
		}
	})
	t.Run("OKWhenClosed", func(t *testing.T) {
		server := serve(t, "cat")
		if err := server.Close(); err != nil || server.Err() != nil {
			t.Errorf("error is %v, %v", err, server.Err())
		}
	})
}

// TestServeFails: the error has what the server wrote.
func TestServeFails(t *testing.T) {
	_, err := process.Serve(t.Context(), func(string) *exec.Cmd {
		return exec.Command("sh", "-c", "echo port is taken >&2")
	}, "socket")
	if err == nil || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("error is %v", err)
	}
}
