package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/reconciliation"
)

// ask records the request for a task.
func (w *world) ask(t *testing.T, at time.Duration, id, runtime, context string) {
	t.Helper()
	_, err := w.Table.Record(t.Context(), announcement.Announcement{TaskID: id, Status: announcement.Queued,
		Runtime: runtime, Context: []byte(context), MessageID: "request-" + id, PublishedAt: noon.Add(at)})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRequestedRun: if a run's announcement was lost, the runtime and the context come from the request, unless the
// request is later than the run's end.
func TestRequestedRun(t *testing.T) {
	w := newWorld(t, func(e *environment.Deliver) {
		e.InputTopic, e.DeliveryPrefix = "arn:aws:sns:us-east-1:000000000000:input", "{runtime}/"
	})
	w.Table.Requests = true
	w.ask(t, -time.Minute, "asked", "sdruntime", `{"user":7}`)
	w.ask(t, -time.Minute, "nan", "sdruntime", `NaN`)
	w.ask(t, time.Minute, "again", "sdruntime", `{"user":7}`)
	for _, id := range []string{"asked", "nan", "again"} {
		w.end(t, 0, id, "aaaa", 1)
	}
	w.reconcile(t, reconciliation.Request{Repair: true})
	for id, want := range map[string]struct {
		status           announcement.Status
		runtime, context string
	}{
		"asked": {announcement.Completed, "sdruntime", `{"user":7}`},
		"nan":   {announcement.Completed, "sdruntime", ""},
		"again": {announcement.Queued, "sdruntime", `{"user":7}`},
	} {
		task := w.task(t, id)
		if task.Status != want.status || task.Runtime != want.runtime || string(task.Context) != want.context {
			t.Errorf("got %+v", task)
		}
	}
	if task := w.task(t, "asked"); len(task.Delivered) != 1 ||
		!strings.HasPrefix(task.Delivered[0], "s3://destination/sdruntime/") {
		t.Errorf("it is delivered to %q", task.Delivered)
	}
}

// TestCountOverdue: overdue tasks are counted by the runtimes that metrics distinguish, without old tasks, and without
// requests to S3.
func TestCountOverdue(t *testing.T) {
	w := newWorld(t, nil)
	w.Environment.Runtimes = []string{"sdruntime"}
	var log bytes.Buffer
	w.Log = slog.New(slog.NewJSONHandler(&log, nil))
	w.ask(t, 0, "old", "sdruntim", "1")
	w.ask(t, 1, "older", "sdruntim", "1")
	w.ask(t, 24*time.Hour-time.Minute, "young", "sdruntime", "1")
	w.ask(t, -4*24*time.Hour, "given up", "sdruntime", "1")
	w.start(t, -4*24*time.Hour, "lost")
	w.start(t, 0, "runs")
	w.store.Proxy.Reset()
	w.reconcile(t, reconciliation.Request{Overdue: true})
	if requests := w.store.Proxy.Requests(nil); len(requests) > 0 {
		t.Errorf("it sends %v", requests)
	}
	lines := log.String()
	if strings.Count(lines, "\n") != 2 || !strings.Contains(lines, `"runtime":"sdruntim","Runtime":"other"`) ||
		!strings.Contains(lines, `"OverdueQueued":2,"OverdueRunning":0`) ||
		!strings.Contains(lines, `"OverdueQueued":0,"OverdueRunning":1`) {
		t.Errorf("the log says %s", lines)
	}
}
