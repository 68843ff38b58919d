package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// follow runs watch; in each pause the next step happens, and after the last the
// user presses Ctrl-C. The pauses are returned too.
func (h history) follow(args string, steps ...func()) (outcome, []time.Duration) {
	var pauses []time.Duration
	p := program{variables: h.variables, now: func() time.Time { return noon }}
	p.pause = func(_ context.Context, d time.Duration) bool {
		if len(pauses) == len(steps) {
			return false
		}
		steps[len(pauses)]()
		pauses = append(pauses, d)
		return true
	}
	return outcomeOf(h.t, p, strings.Fields("watch "+args)...), pauses
}

func TestWatch(t *testing.T) {
	h := newHistory(t)
	step := func(after time.Duration, message string) func() { return func() { h.record(-after, message) } }
	idle := func() {}
	t.Run("until all completed", func(t *testing.T) {
		got, pauses := h.follow("done new", idle, idle, step(time.Second, `{"id":"new","status":"running"}`), idle,
			step(2*time.Second, `{"id":"new","result":true,"runtime":"sdruntime"}`))
		want := outcome{out: "2026-01-31 11:51:00  completed  done  sdruntime\n" +
			"2026-01-31 12:00:01  running    new\n2026-01-31 12:00:02  completed  new  sdruntime\n"}
		if got != want {
			t.Errorf("got exit code %d:\n%s%s", got.code, got.progress, got.out)
		}
		if len(pauses) != 5 || pauses[1] != 2*firstPause || pauses[2] != 4*firstPause || pauses[3] != firstPause {
			t.Errorf("the pauses are %v", pauses)
		}
	})
	t.Run("one failed", func(t *testing.T) {
		got, pauses := h.follow("old done")
		if got.code != 1 || !strings.HasSuffix(got.progress, "a task failed\n") || len(pauses) > 0 ||
			!strings.Contains(got.out, "2026-01-28 12:00:00  failed     old  sdruntime  CUDA out of memory\n") {
			t.Errorf("exit code %d after %v:\n%s%s", got.code, pauses, got.progress, got.out)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		got, pauses := h.follow("nobody", idle, idle, idle, idle, idle, idle)
		if got.code != 1 || !strings.Contains(got.progress, "interrupted") || pauses[5] != lastPause {
			t.Errorf("got %+v after %v", got, pauses)
		}
	})
	t.Run("ErrCSV", func(t *testing.T) {
		if got, _ := h.follow("--output csv"); got.code != 2 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestWatchAll(t *testing.T) {
	h := newHistory(t)
	got, _ := h.follow("",
		func() { h.record(-2*time.Second, `{"id":"b","status":"running"}`) },
		func() { h.record(-time.Second, `{"id":"c","status":"running"}`) },
		func() { h.record(-3*time.Second, `{"id":"b","status":"failed"}`) })
	want := outcome{out: "2026-01-31 12:00:02  running    b\n2026-01-31 12:00:01  running    c\n" +
		"2026-01-31 12:00:03  failed     b\n"}
	if got != want {
		t.Errorf("got exit code %d:\n%s%s", got.code, got.progress, got.out)
	}
	got, _ = h.follow("--output json", func() { h.record(-4*time.Second, `{"id":"c","result":true}`) })
	if got.code != 0 || strings.Count(got.out, "\n") != 4 && !strings.Contains(got.out, `{"task_id":"c",`) {
		t.Errorf("got %+v", got)
	}
}
