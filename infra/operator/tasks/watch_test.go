package tasks

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// follow runs watch; in each pause the next step happens, and after the last the
// user presses Ctrl-C. The pauses are returned too.
func follow(h *operatortest.History, args string, steps ...func()) (operatortest.Outcome, []time.Duration) {
	var pauses []time.Duration
	s := h.Surroundings
	ctx, interrupt := context.WithCancel(h.T.Context())
	defer interrupt()
	s.Clock.Pause = func(_ context.Context, d time.Duration) error {
		if len(pauses) == len(steps) {
			interrupt()
			return ctx.Err()
		}
		steps[len(pauses)]()
		pauses = append(pauses, d)
		return nil
	}
	return operatortest.RunUntil[subcommands](ctx, s, strings.Fields("watch "+args)...), pauses
}

func TestWatch(t *testing.T) {
	h := operatortest.NewHistory(t)
	step := func(after time.Duration, message string) func() { return func() { h.Record(-after, message) } }
	idle := func() {}
	const second = time.Second
	t.Run("OKAllCompleted", func(t *testing.T) {
		got, pauses := follow(h, "done new", idle, idle, step(time.Second, `{"id":"new","status":"running"}`), idle,
			step(2*time.Second, `{"id":"new","result":true,"runtime":"sdruntime"}`))
		want := operatortest.Outcome{Out: "2026-01-31 11:51:00  completed  done  sdruntime\n" +
			"2026-01-31 12:00:01  running    new\n2026-01-31 12:00:02  completed  new  sdruntime\n"}
		if got != want {
			t.Errorf("got exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
		}
		if !slices.Equal(pauses, []time.Duration{second, 2 * second, 4 * second, second, 2 * second}) {
			t.Errorf("the pauses are %v", pauses)
		}
	})
	t.Run("ErrOneFailed", func(t *testing.T) {
		got, pauses := follow(h, "old done")
		if got.Code != 3 || !strings.HasSuffix(got.Progress, "a task failed\n") || len(pauses) > 0 ||
			!strings.Contains(got.Out, "2026-01-28 12:00:00  failed     old  sdruntime  CUDA out of memory\n") {
			t.Errorf("exit code %d after %v:\n%s%s", got.Code, pauses, got.Progress, got.Out)
		}
	})
	t.Run("ErrInterrupted", func(t *testing.T) {
		got, pauses := follow(h, "nobody done", idle, idle, idle, idle, idle, idle)
		const want = "sdtasks: interrupted\n  done so far: 1 of 2 tasks ended\n  to go on: sdtasks watch nobody done\n"
		if got.Code != 130 || got.Progress != want || pauses[5] != 15*second {
			t.Errorf("got %+v after %v", got, pauses)
		}
	})
	t.Run("ErrCSV", func(t *testing.T) {
		if got, _ := follow(h, "--output csv"); got.Code != 2 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestWatchAll(t *testing.T) {
	h := operatortest.NewHistory(t)
	got, _ := follow(h, "",
		func() { h.Record(-2*time.Second, `{"id":"b","status":"running"}`) },
		func() { h.Record(-time.Second, `{"id":"c","status":"running"}`) },
		func() { h.Record(-3*time.Second, `{"id":"b","status":"failed"}`) })
	const want = "2026-01-31 12:00:02  running    b\n2026-01-31 12:00:01  running    c\n" +
		"2026-01-31 12:00:03  failed     b\n"
	if got.Out != want || got.Code != 130 {
		t.Errorf("got exit code %d:\n%s%s", got.Code, got.Progress, got.Out)
	}
	got, _ = follow(h, "--output json", func() { h.Record(-4*time.Second, `{"id":"c","result":true}`) })
	if strings.Count(got.Out, "\n") != 3 || !strings.Contains(got.Out, `{"task_id":"c","status":"completed"`) {
		t.Errorf("got %+v", got)
	}
}

// TestWatchLate: a change is still printed if the index shows it five minutes late.
func TestWatchLate(t *testing.T) {
	h := operatortest.NewHistory(t)
	now := operatortest.Noon
	h.Surroundings.Clock.Now = func() time.Time { return now }
	got, _ := follow(h, "", func() {
		now = now.Add(10 * time.Minute)
		h.Record(-5*time.Minute, `{"id":"late","status":"running"}`)
		h.Record(-5*time.Minute+time.Millisecond, `{"id":"too late","status":"running"}`)
	})
	if got.Out != "2026-01-31 12:05:00  running    late\n" {
		t.Errorf("got %+v", got)
	}
}

// TestWatchOlder: an older state, which the index may still show, is no news.
func TestWatchOlder(t *testing.T) {
	var out bytes.Buffer
	w := &watcher{p: output.NewPrinter(command.Terminal{Out: &out}, time.Now), seen: map[string]change{}}
	note := func(status announcement.Status, at time.Time) bool {
		return w.note("a", newView(tasktable.Details{Task: tasktable.Task{ID: "a", Status: status, UpdatedAt: at}}, at))
	}
	later := operatortest.Noon.Add(time.Second)
	if !note(announcement.Completed, later) || note(announcement.Running, operatortest.Noon) ||
		note(announcement.Completed, later) {
		t.Errorf("it printed\n%s", out.String())
	}
}
