package lambdahost_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/infra/local/localtest"
)

const patience = 30 * time.Second

// event selects what the test function does, and the file in which it counts its
// attempts.
func event(t *testing.T, do string) (event []byte, attempts func() int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "attempts")
	event, err := json.Marshal(map[string]string{"Do": do, "Path": path})
	if err != nil {
		t.Fatal(err)
	}
	return event, func() int {
		tried, _ := os.ReadFile(path) // the file is missing before the first attempt
		return len(tried)
	}
}

func invokeAsync(t *testing.T, h *lambdahost.Host, event []byte) {
	t.Helper()
	if err := h.InvokeAsync("f", "request-2", event); err != nil {
		t.Fatal(err)
	}
}

func awaitLetter(t *testing.T, letters <-chan lambdahost.DeadLetter) lambdahost.DeadLetter {
	t.Helper()
	select {
	case letter := <-letters:
		return letter
	case <-time.After(patience):
		t.Fatal("no dead letter came")
		panic("unreachable")
	}
}

func TestInvokeAsyncBuries(t *testing.T) {
	for do, message := range map[string]string{"fail": "it failed", "crash": "exit status 3", "hang": "timed out"} {
		t.Run("OK"+do, func(t *testing.T) {
			h, letters := newHost(t, 500*time.Millisecond)
			event, attempts := event(t, do)
			invokeAsync(t, h, event)
			letter := awaitLetter(t, letters)
			if string(letter.Event) != string(event) {
				t.Errorf("the event is %s", letter.Event)
			}
			if letter.QueueARN != "the-queue" || letter.RequestID != "request-2" || letter.ErrorCode != "200" {
				t.Errorf("got %+v", letter)
			}
			if !strings.Contains(letter.ErrorMessage, message) || len(letter.ErrorMessage) > 1024 {
				t.Errorf("ErrorMessage is %q", letter.ErrorMessage)
			}
			if tried := attempts(); tried != 3 {
				t.Errorf("tried %d times", tried)
			}
		})
	}
}

func TestInvokeAsync(t *testing.T) {
	t.Run("OKSucceedsAtLastAttempt", func(t *testing.T) {
		h, letters := newHost(t, time.Minute)
		event, attempts := event(t, "fail-until")
		invokeAsync(t, h, event)
		localtest.Await(t, patience, "the event is dealt with", func() bool { return h.Pending() == 0 })
		if tried := attempts(); tried != 3 || len(letters) != 0 {
			t.Errorf("tried %d times, %d dead letters", tried, len(letters))
		}
	})
	t.Run("OKAsOftenAsConfigured", func(t *testing.T) {
		h, letters := newHost(t, time.Minute)
		if err := h.SetMaxRetries("f", 0); err != nil {
			t.Fatal(err)
		}
		event, attempts := event(t, "fail")
		invokeAsync(t, h, event)
		awaitLetter(t, letters)
		if tried := attempts(); tried != 1 {
			t.Errorf("tried %d times", tried)
		}
	})
	t.Run("OKDropsAndLogsWithoutQueue", func(t *testing.T) {
		log := &localtest.Log{}
		h := lambdahost.New(time.Millisecond, nil)
		h.Add(lambdahost.Function{Name: "f", Bootstrap: "/nonexistent", Timeout: time.Minute, Log: log})
		defer h.Close()
		invokeAsync(t, h, []byte(`{}`))
		localtest.Await(t, patience, "the event is dealt with", func() bool { return h.Pending() == 0 })
		if !strings.Contains(log.String(), "event request-2 dropped: the function has no dead-letter queue") {
			t.Errorf("the log is %q", log)
		}
	})
}
