package process_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sdtasktracker/infra/local/localtest"
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

// TestNothingIsLeft: a process leaves no sockets if it ends without closing its servers, as tests that share a server
// do, or if it is killed.
func TestNothingIsLeft(t *testing.T) {
	const variable = "TEST_SERVER_END"
	if end := os.Getenv(variable); end != "" {
		serve(t, "cat")
		if end == "ErrKilled" {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		os.Exit(0)
	}
	for _, name := range []string{"OK", "ErrKilled"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			command := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeft$")
			command.Env = append(os.Environ(), variable+"="+name, "TMPDIR="+dir)
			if err := process.Start(command); err != nil {
				t.Fatal(err)
			}
			_ = command.Wait()
			localtest.Await(t, 5*time.Second, "its sockets are removed", func() bool {
				entries, err := os.ReadDir(dir)
				return err == nil && len(entries) == 0
			})
		})
	}
}

// TestServeFails: the error includes the server's standard error.
func TestServeFails(t *testing.T) {
	_, err := process.Serve(t.Context(), func(string) *exec.Cmd {
		return exec.Command("sh", "-c", "echo port is taken >&2")
	}, "socket")
	if err == nil || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("error is %v", err)
	}
}
