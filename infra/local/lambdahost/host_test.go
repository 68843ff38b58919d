package lambdahost_test

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
)

const functionARN = "arn:aws:lambda:us-east-1:000000000000:function:f"

// newHost runs the test function as "f", and collects its dead letters.
func newHost(t *testing.T, timeout time.Duration) (*lambdahost.Host, <-chan lambdahost.DeadLetter) {
	t.Helper()
	letters := make(chan lambdahost.DeadLetter, 10)
	h := lambdahost.New(time.Millisecond, func(_ context.Context, letter lambdahost.DeadLetter) error {
		letters <- letter
		return nil
	})
	h.Add(lambdahost.Function{
		Name: "f", ARN: functionARN, Timeout: timeout, Log: &localtest.Log{},
		Bootstrap:  localtest.Bootstrap(t, "infra/local/lambdahost/testdata/function"),
		MaxRetries: 2, DeadLetterQueueARN: "the-queue",
		Environment: map[string]string{"SETTING": "value"},
	})
	t.Cleanup(func() { _ = h.Close() })
	return h, letters
}

func invoke(t *testing.T, h *lambdahost.Host, event string) (string, error) {
	t.Helper()
	answer, err := h.Invoke(t.Context(), "f", "request-1", []byte(event))
	return string(answer), err
}

func wantFunctionError(t *testing.T, err error, kind, message string) {
	t.Helper()
	var failed *lambdahost.FunctionError
	if !errors.As(err, &failed) || failed.Type != kind || !strings.Contains(failed.Message, message) {
		t.Errorf("error is %v, want type %s saying %q", err, kind, message)
	}
}

func TestInvoke(t *testing.T) {
	h, _ := newHost(t, time.Minute)
	first, err := invoke(t, h, `{}`)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("OKReusesSandbox", func(t *testing.T) {
		if second, err := invoke(t, h, `{}`); err != nil || second != first {
			t.Errorf("got %s, %v; want process %s", second, err, first)
		}
	})
	t.Run("OKPassesRequestsID", func(t *testing.T) {
		if id, err := invoke(t, h, `{"Do":"id"}`); err != nil || id != `"request-1"` {
			t.Errorf("got %s, %v", id, err)
		}
	})
	t.Run("OKSetsEnvironmentAndLeaksNone", func(t *testing.T) {
		t.Setenv("AWS_PROFILE", "secret")
		out, err := invoke(t, h, `{"Do":"env"}`)
		if err != nil || !strings.Contains(out, `"SETTING=value"`) || strings.Contains(out, "AWS_PROFILE") {
			t.Errorf("got %s, %v", out, err)
		}
	})
	t.Run("OKReturnsFunctionsErrorAndKeepsSandbox", func(t *testing.T) {
		_, err := invoke(t, h, `{"Do":"fail"}`)
		wantFunctionError(t, err, "errorString", "it failed")
		if after, err := invoke(t, h, `{}`); err != nil || after != first {
			t.Errorf("got %s, %v; want process %s", after, err, first)
		}
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		_, err := invoke(t, h, `{"Do":"large"}`)
		wantFunctionError(t, err, "Function.ResponseSizeTooLarge", "6291456 bytes")
	})
	t.Run("OKReplacesSandboxThatCrashed", func(t *testing.T) {
		_, err := invoke(t, h, `{"Do":"crash"}`)
		wantFunctionError(t, err, "Runtime.ExitError", "exit status 3")
		if after, err := invoke(t, h, `{}`); err != nil || after == first {
			t.Errorf("got %s, %v; want another process than %s", after, err, first)
		}
	})
	t.Run("OKKnowsFunctionsByNameAndARNOnly", func(t *testing.T) {
		if _, err := h.Invoke(t.Context(), functionARN+":$LATEST", "r", []byte(`{}`)); err != nil {
			t.Error(err)
		}
		if _, err := h.Invoke(t.Context(), "g", "r", []byte(`{}`)); err == nil || err.Error() != "Function not found: g" {
			t.Errorf("error is %v", err)
		}
	})
}

// TestInvokeAtOnce: a sandbox serves one invocation at a time.
func TestInvokeAtOnce(t *testing.T) {
	h, _ := newHost(t, 10*time.Second)
	hanging, attempts := event(t, "hang")
	go func() { _, _ = h.Invoke(context.Background(), "f", "request-0", hanging) }()
	localtest.Await(t, patience, "an invocation hangs", func() bool { return attempts() == 1 })
	first := h.Sandboxes("f")
	if second, err := invoke(t, h, `{}`); err != nil || second == strconv.Itoa(first[0]) {
		t.Errorf("got process %s, %v beside %d", second, err, first)
	}
}

func TestInvokeClosed(t *testing.T) {
	h, _ := newHost(t, time.Minute)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for range 20 { // a closed host still has free slots
		if _, err := invoke(t, h, `{}`); err == nil || !strings.Contains(err.Error(), "is closed") {
			t.Fatalf("error is %v", err)
		}
	}
}

func TestInitialize(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		h, _ := newHost(t, time.Minute)
		pid, err := h.Initialize(t.Context(), "f")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := invoke(t, h, `{}`); err != nil || got != strconv.Itoa(pid) {
			t.Errorf("process %s is invoked, want %d, %v", got, pid, err)
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		h, _ := newHost(t, time.Minute)
		if _, err := h.Initialize(t.Context(), "g"); err == nil {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("ErrEnded", func(t *testing.T) {
		h, _ := newHost(t, time.Minute)
		fails, err := exec.LookPath("false")
		if err != nil {
			t.Fatal(err)
		}
		h.Add(lambdahost.Function{Name: "g", Bootstrap: fails, Log: &localtest.Log{}})
		_, err = h.Initialize(t.Context(), "g")
		wantFunctionError(t, err, "Runtime.ExitError", "exit status 1")
	})
}

func TestTimeoutKillsTheSandbox(t *testing.T) {
	h, _ := newHost(t, 300*time.Millisecond)
	_, err := invoke(t, h, `{"Do":"hang"}`)
	wantFunctionError(t, err, "Sandbox.Timedout", "timed out after 0.30 seconds")
	if left := h.Sandboxes("f"); len(left) != 0 {
		t.Errorf("processes %v are left", left)
	}
}
