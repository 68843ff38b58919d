// Package operatortest runs subcommands of sdtasks in tests.
package operatortest

import (
	"bytes"
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/cli"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/output"
)

// Outcome is what a run of the command printed, and its exit code.
type Outcome struct {
	Out, Progress string
	Code          int
}

// Run runs a subcommand in this process, with its environment.
func Run[Subcommands any](t testing.TB, s cli.Surroundings, args ...string) Outcome {
	t.Helper()
	return RunUntil[Subcommands](t.Context(), s, args...)
}

// RunUntil does the same until the context ends, as it does after Ctrl-C.
func RunUntil[Subcommands any](ctx context.Context, s cli.Surroundings, args ...string) Outcome {
	var out, progress bytes.Buffer
	s.Terminal.Out, s.Terminal.Progress = &out, &progress
	code := cli.Main[Subcommands](ctx, s, args)
	return Outcome{out.String(), progress.String(), code}
}

// Interrupt makes the proxy leave all matching requests without an answer, but those before skip. The context ends
// once the first of them has come, as if somebody pressed Ctrl-C while it is under way.
func Interrupt(t testing.TB, proxy *faultproxy.Proxy, match func(faultproxy.Request) bool, skip int) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var seen atomic.Int64
	proxy.Inject(faultproxy.Fault{Match: match, Do: func(w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if seen.Add(1) <= int64(skip) {
			forward.ServeHTTP(w, r)
			return
		}
		cancel()
		_, _ = io.Copy(io.Discard, r.Body) // only then is the end of the connection seen
		<-r.Context().Done()
	}})
	return ctx
}

// WantFullDisk runs a subcommand in each of the formats with results that can't be written, and wants it
// to fail.
func WantFullDisk[Subcommands any](t *testing.T, s cli.Surroundings, formats []output.Format, args ...string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, format := range formats {
		var progress bytes.Buffer
		s.Terminal.Out, s.Terminal.Progress = full, &progress
		code := cli.Main[Subcommands](t.Context(), s, append([]string{"--output", string(format)}, args...))
		if code != 1 || !strings.Contains(progress.String(), "write the results: write /dev/full: no space left on device") {
			t.Errorf("%q as %s: exit code %d: %s", args, format, code, progress.String())
		}
	}
}

// RunWith runs a subcommand with these variables, each given as NAME=VALUE, and none of the machine's own for AWS.
func RunWith[Subcommands any](t testing.TB, variables []string, args ...string) Outcome {
	t.Helper()
	ClearEnvironment(t)
	AddEnvironment(t, variables...)
	return Run[Subcommands](t, cli.Surroundings{Variables: variables, Clock: command.SystemClock}, args...)
}

// ClearEnvironment empties the machine's own variables for AWS, for as long as the test runs.
func ClearEnvironment(t testing.TB) {
	t.Helper()
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "AWS_") {
			AddEnvironment(t, variable[:strings.Index(variable, "=")+1])
		}
	}
	AddEnvironment(t, Nowhere...)
}

// Nowhere keeps the AWS SDK from the machine's configuration files and from EC2's metadata.
var Nowhere = []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=/dev/null",
	"AWS_SHARED_CREDENTIALS_FILE=/dev/null"}

// AddEnvironment sets variables, each given as NAME=VALUE, for as long as the test runs.
func AddEnvironment(t testing.TB, variables ...string) {
	t.Helper()
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

// dir is the package's: the working directory when the tests start. The local S3 server changes it.
var dir, _ = os.Getwd()

// Golden compares text with a file in the package's testdata.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	path := filepath.Join(dir, "testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got, unlike %s (-update rewrites it):\n%s", path, got)
	}
}
