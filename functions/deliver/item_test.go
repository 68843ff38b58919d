package main

import (
	"encoding/json"
	"strings"
	"testing"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/tasktable"
)

// TestRestore: a lost announcement's context comes from the item that shows the announcement, and from no other.
func TestRestore(t *testing.T) {
	h := &Handler{Environment: environment.Deliver{DeliveryPrefix: "{context.user}/"}}
	caller := json.RawMessage(`{"user":"ann"}`)
	for name, task := range map[string]tasktable.Task{
		"OK":                   {MessageID: "m", Context: caller},
		"OKReconstructed":      {MessageID: "m", Context: caller, Source: announcement.Reconciled},
		"OKWithout":            {MessageID: "m"},
		"ErrOmitted":           {MessageID: "m", ContextOmitted: true},
		"ErrLost":              {MessageID: "m", Source: announcement.Reconciled},
		"ErrOtherAnnouncement": {MessageID: "n", Context: caller},
		"ErrNotRecorded":       {},
	} {
		t.Run(name, func(t *testing.T) {
			lost := announcement.Announcement{MessageID: "m", Source: announcement.Reconciled}
			got, err := h.restore(lost, func() (tasktable.Task, error) { return task, nil })
			fails := strings.HasPrefix(name, "Err")
			if (err != nil) != fails || !fails && string(got.Context) != string(task.Context) {
				t.Errorf("the context is %s, %v", got.Context, err)
			}
		})
	}
}
