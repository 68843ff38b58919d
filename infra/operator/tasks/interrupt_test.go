package tasks

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/faultproxy"
	"sdtasktracker/infra/operator/operatortest"
)

// TestInterrupted: Ctrl-C ends each subcommand at once, with an exit code of its own and without the SDK's text.
func TestInterrupted(t *testing.T) {
	for _, args := range []string{"list", "stuck --for 1m", "failures", "stats", "get many", "watch"} {
		t.Run(args, func(t *testing.T) {
			h := operatortest.NewHistory(t)
			ctx := operatortest.Interrupt(t, h.Proxy, nil, 0)
			got := operatortest.RunUntil[subcommands](ctx, h.Surroundings, strings.Fields(args)...)
			if got.Code != 130 || got.Out != "" || got.Progress !=
				"sdtasks: interrupted, and nothing was changed; to start again: sdtasks "+args+"\n" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestDownloadInterrupted: it says what was fetched and how to go on, and leaves no part of a file.
func TestDownloadInterrupted(t *testing.T) {
	h, store := newDelivered(t, "1.png", "2.png", "3.png", "4.png", "5.png", "6.png")
	folder := t.TempDir()
	ctx := operatortest.Interrupt(t, store.Proxy, isGet, 1)
	got := operatortest.RunUntil[subcommands](ctx, h.Surroundings, "get", "many", "--download", folder)
	for _, want := range []string{"sdtasks: interrupted\n  done so far: 6 files: ", "0 already there",
		"\n  to go on: sdtasks get many --download " + folder + "\n"} {
		if got.Code != 130 || !strings.Contains(got.Progress, want) {
			t.Errorf("exit code %d, no %q in\n%s", got.Code, want, got.Progress)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || strings.Count(got.Out, " fetched ") != len(files) || strings.Contains(got.Out, "StatusCode") {
		t.Errorf("%d files, %v:\n%s", len(files), err, got.Out)
	}
}

// outage fails as many requests to the table as given, and then none.
func outage(h *operatortest.History, times int, do func(http.ResponseWriter, *http.Request, http.Handler)) {
	h.Proxy.Inject(faultproxy.Fault{Times: times, Do: do})
}

// unavailable is DynamoDB's answer when it fails itself.
var unavailable = faultproxy.Reply(503, "application/x-amz-json-1.0", `{"__type":"ServiceUnavailable"}`)

// TestWatchWaitsOut: a passing failure is waited out, and said. Others end the watch, with the code of a failed
// command.
func TestWatchWaitsOut(t *testing.T) {
	for name, test := range map[string]struct {
		times int
		do    func(http.ResponseWriter, *http.Request, http.Handler)
		code  int
		want  []string
	}{
		"OKNoNetwork": {2, faultproxy.Cut, 0, []string{"can't be reached (nothing answers", "The table answers again."}},
		"OKFailure":   {2, unavailable, 0, []string{"can't be reached (the AWS service failed)", "The table answers again."}},
		"ErrTooLong":  {0, unavailable, 1, []string{"gave up watching after 5m", " → "}},
		"ErrDenied": {0, faultproxy.Reply(400, "application/x-amz-json-1.0",
			`{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}`), 1, []string{"access denied",
			"watch needs"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := operatortest.NewHistory(t)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			outage(h, test.times, test.do)
			s, now := h.Surroundings, operatortest.Noon
			s.Clock.Now = func() time.Time { return now }
			s.Clock.Pause = func(_ context.Context, d time.Duration) error {
				now = now.Add(d)
				return nil
			}
			got := operatortest.Run[subcommands](t, s, "watch", "done")
			for _, want := range test.want {
				if got.Code != test.code || !strings.Contains(got.Progress, want) {
					t.Errorf("exit code %d, no %q in\n%s%s", got.Code, want, got.Progress, got.Out)
				}
			}
			if passed := now.Sub(operatortest.Noon); passed > maxOutage+lastPause {
				t.Errorf("it took %v", passed)
			}
		})
	}
}

// TestWatchFindsStack: a passing failure is also waited out before the stack was found; a lasting one ends the watch.
func TestWatchFindsStack(t *testing.T) {
	const again = "The table can't be reached (%s). Trying again for 5m0s.\nThe table answers again.\n"
	for name, test := range map[string]struct {
		stack string
		do    func(http.ResponseWriter, *http.Request, http.Handler)
		code  int
		want  string
	}{
		"OKNoNetwork": {"Tracker", faultproxy.Cut, 0, fmt.Sprintf(again, "nothing answers at this endpoint")},
		"OKFailure":   {"Tracker", faultproxy.Reply(503, "", ""), 0, fmt.Sprintf(again, "the AWS service failed")},
		"ErrDenied":   {"Tracker", faultproxy.Reply(403, "", ""), 1, "access denied"},
		"ErrNoStack":  {"Other", nil, 1, "the stack does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			h := operatortest.NewHistory(t)
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			table := strings.TrimPrefix(h.Surroundings.Variables[0], "TASK_TABLE=")
			proxy := faultproxy.Start(operatortest.DescribeStacks(t, "Tracker", "TaskTable="+table))
			t.Cleanup(proxy.Close)
			t.Setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", proxy.URL)
			if test.do != nil {
				proxy.Inject(faultproxy.Fault{Times: 2, Do: test.do})
			}
			s := h.Surroundings
			s.Clock.Pause = func(context.Context, time.Duration) error { return nil }
			got := operatortest.Run[subcommands](t, s, "watch", "done", "--stack-name", test.stack)
			if got.Code != test.code || !strings.Contains(got.Progress, test.want) ||
				(test.code == 0) != strings.Contains(got.Out, "completed  done") {
				t.Errorf("exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
			}
		})
	}
}
