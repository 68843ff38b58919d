package process_test

import (
	"os/exec"
	"strings"
	"testing"

	"sdtasktracker/infra/local/process"
)

// serve starts a server: a shell's script.
func serve(t *testing.T, script string) *process.Server {
	t.Helper()
	var address string
	server, err := process.Serve(t.Context(), exec.Command("sh", "-c", `echo '"here"'; `+script), &address)
	if err != nil || address != "here" {
		t.Fatalf("it listens at %q, %v", address, err)
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
	var address string
	_, err := process.Serve(t.Context(), exec.Command("sh", "-c", "echo port is taken >&2"), &address)
	if err == nil || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("error is %v", err)
	}
}
