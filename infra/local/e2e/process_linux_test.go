package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sdtasktracker/infra/local/prepare"
)

// TestNothingOutlivesTheStack starts the program behind make local, gives it
// work so that it has sandboxes, and ends it in several ways.
func TestNothingOutlivesTheStack(t *testing.T) {
	start(t)
	for name, end := range map[string]func(*exec.Cmd) error{
		"after SIGKILL":               func(c *exec.Cmd) error { return c.Process.Kill() },
		"after SIGTERM":               func(c *exec.Cmd) error { return c.Process.Signal(syscall.SIGTERM) },
		"after SIGKILL of its parent": func(c *exec.Cmd) error { return c.Process.Kill() },
	} {
		t.Run(name, func(t *testing.T) {
			dir := built(t)
			marker := "STACK_OF_TEST=" + dir
			command := exec.Command(filepath.Join(prepare.Root(), "build/bin/local"), "up")
			if strings.HasSuffix(name, "parent") {
				command = exec.Command("sh", "-c", filepath.Join(prepare.Root(), "build/bin/local")+" up; true")
			}
			command.Dir, command.Env = dir, append(os.Environ(), marker)
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = command.Process.Kill() }) // the stack ends with its parent
			ready := bufio.NewScanner(out)
			for ready.Scan() && !strings.Contains(ready.Text(), "Ctrl-C ends the stack") {
			}
			invokeByEnvFile(t, filepath.Join(dir, ".local/env"))
			got := strings.Join(descendants(t, dir), "\n")
			for _, want := range []string{"bin/local up", "servers.mjs", "bin/local-s3", "bin/record"} {
				if !strings.Contains(got, want) {
					t.Fatalf("no %s runs, only:\n%s", want, got)
				}
			}
			if err := end(command); err != nil {
				t.Fatal(err)
			}
			_ = command.Wait()
			await(t, "no process of the stack is left", func() bool { return len(descendants(t, dir)) == 0 })
		})
	}
}

// built is a directory in which the local stack can run beside another.
func built(t *testing.T) string {
	t.Helper()
	dir := prepare.TestDiskDir(t)
	for _, needed := range []string{"build", "cdk.out", "infra"} {
		if err := os.Symlink(filepath.Join(prepare.Root(), needed), filepath.Join(dir, needed)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestInterrupted: make run ends with Ctrl-C, and calls no request that this canceled a failure.
func TestInterrupted(t *testing.T) {
	start(t)
	command := exec.Command(filepath.Join(prepare.Root(), "build/bin/local"), "run")
	var errors strings.Builder
	command.Dir, command.Stderr = built(t), &errors
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "sunset") {
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	_ = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 || errors.String() != "local-stack: interrupted\n" {
		t.Errorf("exit code %d: %s", code, errors.String())
	}
}

// invokeByEnvFile calls the record function with what the file exports.
func invokeByEnvFile(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		variables[name] = strings.Trim(value, "'")
	}
	client := lambda.New(lambda.Options{
		Region: variables["AWS_REGION"], BaseEndpoint: aws.String(variables["AWS_ENDPOINT_URL_LAMBDA"]),
		Credentials: credentials.NewStaticCredentialsProvider(
			variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], ""),
	})
	answer, err := client.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(variables["RECORD_FUNCTION"]), Payload: []byte("{}")})
	if err != nil || !strings.Contains(string(answer.Payload), "no SNS records") {
		t.Fatalf("the function answered %+v, %v", answer, err)
	}
}

// descendants are the running processes that have the directory in their
// command line or environment, found in /proc.
func descendants(t *testing.T, dir string) []string {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, process := range processes {
		command, _ := os.ReadFile(process + "/cmdline") // it may have ended meanwhile
		environment, _ := os.ReadFile(process + "/environ")
		if strings.Contains(string(command)+string(environment), dir) {
			found = append(found, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}
