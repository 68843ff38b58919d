package lambdahost_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sdtasktracker/infra/local/lambdahost"
)

var bootstrap string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambdahost")
	if err != nil {
		panic(err)
	}
	bootstrap = filepath.Join(dir, "bootstrap")
	if out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bootstrap, "./testdata/function").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// newHost runs the test function as "f", and collects its dead letters.
func newHost(t *testing.T, timeout time.Duration) (*lambdahost.Host, <-chan lambdahost.DeadLetter) {
	t.Helper()
	letters := make(chan lambdahost.DeadLetter, 10)
	h := lambdahost.New(time.Millisecond, func(_ context.Context, letter lambdahost.DeadLetter) error {
		letters <- letter
		return nil
	})
	h.Add(lambdahost.Function{
		Name: "f", ARN: "arn:aws:lambda:us-east-1:000000000000:function:f", Bootstrap: bootstrap, Timeout: timeout,
		MaxRetries: 2, MaxEventAge: time.Hour, DeadLetterQueueARN: "the-queue", Log: &bytes.Buffer{},
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
	t.Run("reuses a sandbox", func(t *testing.T) {
		if second, err := invoke(t, h, `{}`); err != nil || second != first {
			t.Errorf("got %s, %v; want process %s", second, err, first)
		}
	})
	t.Run("passes the request's ID", func(t *testing.T) {
		if id, err := invoke(t, h, `{"Do":"id"}`); err != nil || id != `"request-1"` {
			t.Errorf("got %s, %v", id, err)
		}
	})
	t.Run("sets the environment and leaks none", func(t *testing.T) {
		t.Setenv("AWS_PROFILE", "secret")
		out, err := invoke(t, h, `{"Do":"env"}`)
		if err != nil || !strings.Contains(out, `"SETTING=value"`) || strings.Contains(out, "AWS_PROFILE") {
			t.Errorf("got %s, %v", out, err)
		}
	})
	t.Run("returns the function's error and keeps the sandbox", func(t *testing.T) {
		_, err := invoke(t, h, `{"Do":"fail"}`)
		wantFunctionError(t, err, "errorString", "it failed")
		if after, err := invoke(t, h, `{}`); err != nil || after != first {
			t.Errorf("got %s, %v; want process %s", after, err, first)
		}
	})
	t.Run("replaces a sandbox that crashed", func(t *testing.T) {
		_, err := invoke(t, h, `{"Do":"crash"}`)
		wantFunctionError(t, err, "Runtime.ExitError", "exit status 3")
		if after, err := invoke(t, h, `{}`); err != nil || after == first {
			t.Errorf("got %s, %v; want another process than %s", after, err, first)
		}
	})
	t.Run("knows its functions by name and ARN only", func(t *testing.T) {
		if _, err := h.Invoke(t.Context(), "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST", "r", []byte(`{}`)); err != nil {
			t.Error(err)
		}
		var missing *lambdahost.NotFoundError
		if _, err := h.Invoke(t.Context(), "g", "r", []byte(`{}`)); !errors.As(err, &missing) {
			t.Errorf("error is %v", err)
		}
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

func TestInvokeAsync(t *testing.T) {
	await := func(t *testing.T, letters <-chan lambdahost.DeadLetter) lambdahost.DeadLetter {
		t.Helper()
		select {
		case letter := <-letters:
			return letter
		case <-time.After(30 * time.Second):
			t.Fatal("no dead letter came")
			panic("unreachable")
		}
	}
	for _, failure := range []struct{ do, message string }{
		{"fail", "it failed"}, {"crash", "exit status 3"}, {"hang", "timed out"},
	} {
		t.Run(failure.do+" is tried three times, then a dead letter", func(t *testing.T) {
			h, letters := newHost(t, 500*time.Millisecond)
			attempts := filepath.Join(t.TempDir(), "attempts")
			event, _ := json.Marshal(map[string]string{"Do": failure.do, "Path": attempts})
			if err := h.InvokeAsync("f", "request-2", event); err != nil {
				t.Fatal(err)
			}
			letter := await(t, letters)
			if letter.QueueARN != "the-queue" || letter.RequestID != "request-2" || letter.ErrorCode != "200" || !bytes.Equal(letter.Event, event) {
				t.Errorf("got %+v", letter)
			}
			if !strings.Contains(letter.ErrorMessage, failure.message) || len(letter.ErrorMessage) > 1024 {
				t.Errorf("ErrorMessage is %q", letter.ErrorMessage)
			}
			if tried, err := os.ReadFile(attempts); err != nil || len(tried) != 3 {
				t.Errorf("tried %d times, %v", len(tried), err)
			}
		})
	}
	t.Run("succeeds at the last attempt", func(t *testing.T) {
		h, letters := newHost(t, time.Minute)
		attempts := filepath.Join(t.TempDir(), "attempts")
		event, _ := json.Marshal(map[string]string{"Do": "fail-until", "Path": attempts})
		if err := h.InvokeAsync("f", "r", event); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
			if tried, _ := os.ReadFile(attempts); len(tried) == 3 {
				break
			}
		}
		if tried, _ := os.ReadFile(attempts); len(tried) != 3 || len(letters) != 0 {
			t.Errorf("tried %d times, %d dead letters", len(tried), len(letters))
		}
	})
	t.Run("too old an event is not tried again", func(t *testing.T) {
		h, letters := newHost(t, time.Minute)
		if err := h.ConfigureEvents("f", nil, time.Nanosecond); err != nil {
			t.Fatal(err)
		}
		attempts := filepath.Join(t.TempDir(), "attempts")
		event, _ := json.Marshal(map[string]string{"Do": "fail", "Path": attempts})
		if err := h.InvokeAsync("f", "r", event); err != nil {
			t.Fatal(err)
		}
		await(t, letters)
		if tried, _ := os.ReadFile(attempts); len(tried) != 1 {
			t.Errorf("tried %d times", len(tried))
		}
	})
}

func TestPermission(t *testing.T) {
	h, _ := newHost(t, time.Minute)
	permitted := func() error { return h.Permitted("f", "sns.amazonaws.com", "topic") }
	if permitted() == nil {
		t.Error("permitted before Permit")
	}
	if err := h.Permit("f", "statement", "sns.amazonaws.com", "topic"); err != nil || permitted() != nil {
		t.Errorf("Permit: %v, then %v", err, permitted())
	}
	restore, err := h.Forbid("f", "sns.amazonaws.com", "topic")
	if err != nil || permitted() == nil {
		t.Errorf("Forbid: %v, then permitted", err)
	}
	if restore(); permitted() != nil {
		t.Errorf("restored, but %v", permitted())
	}
}

func TestInvokeAPI(t *testing.T) {
	h, letters := newHost(t, time.Minute)
	server := httptest.NewServer(h.API())
	defer server.Close()
	client := lambda.New(lambda.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	call := func(function, event string, kind types.InvocationType) (*lambda.InvokeOutput, error) {
		return client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String(function), InvocationType: kind, Payload: []byte(event)})
	}
	t.Run("RequestResponse answers", func(t *testing.T) {
		out, err := call("f", `{}`, types.InvocationTypeRequestResponse)
		if err != nil || out.StatusCode != 200 || out.FunctionError != nil || len(out.Payload) == 0 {
			t.Errorf("got %+v, %v", out, err)
		}
	})
	t.Run("RequestResponse tells the function's error", func(t *testing.T) {
		out, err := call("f", `{"Do":"fail"}`, types.InvocationTypeRequestResponse)
		if err != nil || aws.ToString(out.FunctionError) != "Unhandled" || !bytes.Contains(out.Payload, []byte("it failed")) {
			t.Errorf("got %+v, %v", out, err)
		}
	})
	t.Run("Event is retried and buried", func(t *testing.T) {
		out, err := call("f", `{"Do":"fail"}`, types.InvocationTypeEvent)
		if err != nil || out.StatusCode != 202 {
			t.Fatalf("got %+v, %v", out, err)
		}
		select {
		case <-letters:
		case <-time.After(30 * time.Second):
			t.Error("no dead letter came")
		}
	})
	t.Run("ErrNotFound", func(t *testing.T) {
		_, err := call("g", `{}`, types.InvocationTypeRequestResponse)
		var missing *types.ResourceNotFoundException
		if !errors.As(err, &missing) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("ErrNotJSON", func(t *testing.T) {
		_, err := call("f", `{`, types.InvocationTypeRequestResponse)
		var invalid *types.InvalidRequestContentException
		if !errors.As(err, &invalid) {
			t.Errorf("error is %v", err)
		}
	})
}
