package tasks

import (
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/operator/operatortest"
	"sdtasktracker/shared/announcement"
)

// TestQueued: a task that never starts is found, and says since when it waits.
func TestQueued(t *testing.T) {
	h := operatortest.NewHistory(t)
	h.Ask(2*time.Hour, announcement.Announcement{TaskID: "asked", Runtime: "sdruntim", TaskType: "text-to-image",
		Error: "the request has no content"})
	h.Ask(3*time.Minute, announcement.Announcement{TaskID: "new", Runtime: "sdruntime"})
	for args, want := range map[string]string{
		"list --status queued": "new asked", "stuck": "asked crash", "stuck --queued 1m --for 1d": "asked new",
		"list --status queued --runtime sdruntim": "asked",
	} {
		t.Run(args, func(t *testing.T) {
			got := run(h, append(strings.Fields(args), "--output", "csv")...)
			var ids []string
			for _, line := range strings.Split(strings.TrimSpace(got.Out), "\n")[1:] {
				id, _, _ := strings.Cut(line, ",")
				ids = append(ids, id)
			}
			if strings.Join(ids, " ") != want || got.Code != 0 {
				t.Errorf("got %q, want %q: %s", ids, want, got.Progress)
			}
		})
	}
	for args, want := range map[string]string{
		"get asked": "2h\n", "stats": "queued", "stuck": "the request has no content",
		"stuck --for 1d --queued 4h": "No task has been running for over 1d or queued for over 4h",
	} {
		if got := run(h, strings.Fields(args)...); !strings.Contains(got.Out+got.Progress, want) {
			t.Errorf("%s lacks %q:\n%s%s", args, want, got.Out, got.Progress)
		}
	}
}

// TestAhead: a task is listed though its clock is ahead of this machine's, and a task that still waits has no wait yet.
func TestAhead(t *testing.T) {
	h := operatortest.NewHistory(t)
	h.Fail(-time.Second, announcement.Announcement{TaskID: "ahead"})
	h.Ask(time.Minute, announcement.Announcement{TaskID: "asked"})
	for _, args := range []string{"list", "failures", "get ahea"} {
		if got := run(h, strings.Fields(args)...); !strings.Contains(got.Out, "ahead") {
			t.Errorf("%s: %s%s", args, got.Progress, got.Out)
		}
	}
	if got := run(h, "stats", "--output", "csv"); got.Code != 0 || strings.Contains(got.Out, "wait_p50") {
		t.Errorf("got %+v", got)
	}
}

// TestFailuresAsked: the failed tasks of a caller are listed with what they were asked for, if the stack keeps that.
func TestFailuresAsked(t *testing.T) {
	h := operatortest.NewHistory(t)
	for id, request := range map[string]string{
		"drawn":  `{"task_type":"text-to-image","prompt":"a lighthouse at dusk","seed":7}`,
		"routed": `{"workflow":{"9":{"inputs":{"images":["8",0]}},"6":{"inputs":{"text":"a harbor in winter"}}}}`,
	} {
		context := []byte(`{"user":"u-9"}`)
		h.Ask(2*time.Minute, announcement.Announcement{TaskID: id, Request: request, Context: context})
		h.Fail(time.Minute, announcement.Announcement{TaskID: id, Error: "CUDA out of memory", Context: context})
	}
	h.Surroundings.Variables = append(h.Surroundings.Variables, `SETTINGS={"callerContext":"user","taskRequests":true}`)
	for args, want := range map[string][]string{
		"table --caller u-9": {"a lighthouse at dusk", "a harbor in winter"},
		"csv":                {"task_id,caller,", ",prompt\n", "drawn,u-9,", ",CUDA out of memory,a harbor in winter\n"},
		"json --caller u-9":  {`"caller": "u-9"`, `"prompt": "a lighthouse at dusk"`, `"text": "a harbor in winter"`},
	} {
		t.Run(args, func(t *testing.T) {
			got := run(h, strings.Fields("failures --output "+args)...)
			for _, text := range want {
				if got.Code != 0 || !strings.Contains(got.Out, text) {
					t.Errorf("exit code %d, %s, without %q:\n%s", got.Code, got.Progress, text, got.Out)
				}
			}
		})
	}
}
