package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/infra/local/prepare"
	localstack "sdtasktracker/infra/local/stack"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/deployment"
)

// shell runs command lines as a person types them, with sdtasks in the PATH.
type shell struct {
	t    *testing.T
	path string
	env  []string
}

func newShell(t *testing.T, variables []string) *shell {
	t.Helper()
	bin := t.TempDir()
	script := "#!/bin/sh\nexec '" + os.Args[0] + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "sdtasks"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return &shell{t, t.TempDir(), slices.Concat(os.Environ(), operatortest.Nowhere, variables,
		[]string{"PATH=" + bin + ":" + os.Getenv("PATH"), asCommand + "=yes"})}
}

// run runs a command line. It must be one that the command understands, and that works.
func (s *shell) run(line string) (printed string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "sh", "-c", line)
	cmd.Dir, cmd.Env = s.path, s.env
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
		s.t.Errorf("%s: %v:\n%s", line, err, out)
	}
	return string(out)
}

var (
	ofAlarm = regexp.MustCompile(`make tasks ARGS='([^']*)'`)
	hint    = regexp.MustCompile(`(?:→|repair now:|lost:|task, or) (\S+ (?:redrive|reconcile|doctor)[^\n]*?)` +
		`(?: groups them by reason)?\n`)
)

// TestHints runs each command that alarms and the command itself print.
func TestHints(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: it deploys the local stack")
	}
	prepare.Stack(t)
	s, err := localstack.Start(t.Context(), localstack.Options{
		Root: prepare.Root(), StateDir: filepath.Join(prepare.TestDiskDir(t), "stack"), RetryDelay: time.Millisecond,
		AccessKey: "local", SecretKey: "local-secret", Denied: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	sh := newShell(t, s.Environment())
	const gone = `{"id":"gone","result":true,"image_url":["s3://sd-output-bucket/gone.png"]}`
	for _, message := range []string{"poison", gone} {
		if _, err := s.SNS().Publish(t.Context(), &sns.PublishInput{
			TopicArn: aws.String(s.Outputs[deployment.TopicARN]), Message: aws.String(message)}); err != nil {
			t.Fatal(err)
		}
	}
	var letters string
	localtest.Await(t, time.Minute, "both are dead letters", func() bool {
		letters = sh.run("sdtasks redrive --dry-run")
		return strings.Count(letters, "→") == 2
	})
	hints := 0
	for _, printed := range []string{letters, sh.run("sdtasks doctor"), sh.run("sdtasks reconcile")} {
		found := hint.FindAllStringSubmatch(printed, -1)
		for _, line := range found {
			sh.run(line[1])
		}
		hints += len(found)
	}
	templates, err := filepath.Glob(filepath.Join(prepare.Root(), "cdk.out", "*.template.json"))
	if err != nil || len(templates) != 1 {
		t.Fatalf("%d templates, %v", len(templates), err)
	}
	template, err := os.ReadFile(templates[0])
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, found := range ofAlarm.FindAllStringSubmatch(string(template), -1) {
		if !seen[found[1]] {
			seen[found[1]] = true
			sh.run("sdtasks " + found[1])
		}
	}
	if len(seen) < 8 || hints < 4 {
		t.Errorf("alarms name %d commands, and the command names %d", len(seen), hints)
	}
}
