package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// inProject changes to an empty directory, and unsets what a developer's shell
// may have set.
func inProject(t *testing.T) string {
	t.Helper()
	for _, service := range []string{"DYNAMODB", "S3", "SNS", "SQS"} {
		t.Setenv("AWS_ENDPOINT_URL_"+service, "")
	}
	t.Setenv("LOCAL_RETRY_DELAY", "")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	return dir
}

// listen returns the URL of a server that answers.
func listen(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String()
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want it to say %q", err, want)
	}
}

func TestPrepare(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		dir := inProject(t)
		options, unlock, err := configure("stack")
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		if options.Root != dir || options.StateDir != filepath.Join(dir, ".local/stack") {
			t.Errorf("root %s, state in %s", options.Root, options.StateDir)
		}
		if options.RetryDelay != defaultRetryDelay || len(options.AccessKey) < 20 || len(options.Endpoints) != 0 {
			t.Errorf("got %+v", options)
		}
	})
	t.Run("OKSettings", func(t *testing.T) {
		inProject(t)
		endpoint := listen(t)
		t.Setenv("LOCAL_RETRY_DELAY", "2s")
		t.Setenv("AWS_ENDPOINT_URL_S3", endpoint)
		t.Setenv("AWS_ACCESS_KEY_ID", "mine")
		options, unlock, err := configure("stack")
		if err != nil {
			t.Fatal(err)
		}
		defer unlock()
		if options.RetryDelay != 2*time.Second || options.AccessKey != "mine" || options.Endpoints["S3"] != endpoint {
			t.Errorf("got %+v", options)
		}
	})
	for _, delay := range []string{"soon", "-1s", "7"} {
		t.Run("ErrRetryDelay "+delay, func(t *testing.T) {
			inProject(t)
			t.Setenv("LOCAL_RETRY_DELAY", delay)
			_, _, err := configure("stack")
			wantError(t, err, "it must be a duration such as 500ms")
		})
	}
	t.Run("ErrSecondStack", func(t *testing.T) {
		inProject(t)
		_, unlock, err := configure("stack")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = configure("stack")
		wantError(t, err, "another local stack is running in this directory")
		unlock()
		_, unlock, err = configure("stack")
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	})
}

func TestForeignEndpoints(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		dir, endpoint := inProject(t), listen(t)
		t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", endpoint)
		got, err := foreignEndpoints(dir)
		if err != nil || len(got) != 1 || got["DYNAMODB"] != endpoint {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("OKNotAnEarlierStacks", func(t *testing.T) {
		dir := inProject(t)
		earlier := "AWS_ENDPOINT_URL_SQS=http://127.0.0.1:1"
		if err := os.Mkdir(".local", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(envFile, []byte(shellLine(earlier)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
		if got, err := foreignEndpoints(dir); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	for name, test := range map[string]struct{ endpoint, want string }{
		"ErrNoPort":  {"http://localhost", "it must be a URL such as http://127.0.0.1:8000"},
		"ErrNoURL":   {"::", "it must be a URL such as http://127.0.0.1:8000"},
		"ErrNoHTTP":  {"ftp://127.0.0.1:8000", "it must be a URL such as http://127.0.0.1:8000"},
		"ErrNothing": {"http://127.0.0.1:1", "nothing listens there"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := inProject(t)
			t.Setenv("AWS_ENDPOINT_URL_SNS", test.endpoint)
			_, err := foreignEndpoints(dir)
			wantError(t, err, "AWS_ENDPOINT_URL_SNS is")
			wantError(t, err, test.want)
		})
	}
}

// TestShellLine lets a shell read the lines back.
func TestShellLine(t *testing.T) {
	for _, value := range []string{"plain", "", "it's", "a b\tc", `$HOME "q" \ *`, "a=b", "line\nbreak"} {
		script := shellLine("VALUE="+value) + `; printf %s "$VALUE"`
		if got, err := exec.Command("sh", "-c", script).Output(); err != nil || string(got) != value {
			t.Errorf("%q became %q, %v", value, got, err)
		}
	}
}

// TestShellFile: whatever AWS variables a shell has, it uses the stack after it has sourced the file, with every
// version of the AWS CLI.
func TestShellFile(t *testing.T) {
	dir := t.TempDir()
	program := "#!/bin/sh\necho \"$@\"\nenv | grep -i '^aws_\\|^no_proxy' | sort\n"
	if err := os.WriteFile(filepath.Join(dir, "aws"), []byte(program), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "env")
	content := shellFile([]string{
		"AWS_ENDPOINT_URL=http://e", "AWS_ENDPOINT_URL_SQS=http://q", "AWS_ENDPOINT_URL_S3=http://s"})
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	const variables = "AWS_ENDPOINT_URL=http://e\nAWS_ENDPOINT_URL_S3=http://s\nAWS_ENDPOINT_URL_SQS=http://q\n" +
		"NO_PROXY=127.0.0.1,corp\nno_proxy=127.0.0.1\n"
	for words, want := range map[string]string{
		"s3 ls":                             "--endpoint-url http://s s3 ls\n",
		"--region r sqs list-queues":        "--endpoint-url http://q --region r sqs list-queues\n",
		"cloudformation describe-stacks":    "--endpoint-url http://e cloudformation describe-stacks\n",
		"s3api list-buckets --query sqs[0]": "--endpoint-url http://s s3api list-buckets --query sqs[0]\n",
	} {
		command := exec.Command("sh", "-c", ". "+file+" && aws "+words)
		command.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "NO_PROXY=corp", "AWS_SESSION_TOKEN=t",
			"AWS_PROFILE=corp", "AWS_ENDPOINT_URL_CLOUDFORMATION=http://c", "AWS_USE_FIPS_ENDPOINT=true"}
		if got, err := command.CombinedOutput(); err != nil || string(got) != want+variables {
			t.Errorf("aws %s: %v\n%s", words, err, got)
		}
	}
}
