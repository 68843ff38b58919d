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
	h.Ask(2*time.Hour, announcement.Announcement{TaskID: "asked", Runtime: "sdruntim", TaskType: "text-to-image"})
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
	for args, want := range map[string]string{"get asked": "2h0m0s", "stats": "queued"} {
		if got := run(h, strings.Fields(args)...); !strings.Contains(got.Out, want) {
			t.Errorf("%s lacks %q:\n%s", args, want, got.Out)
		}
	}
}
