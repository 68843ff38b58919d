package main

import (
	"fmt"
	"strings"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// conclude tells what kind of run it is by its delivery.
func (w *worker) conclude(v *verdict, d delivery) {
	proven := v.known == tasktable.Shown && v.task.HasDelivered()
	switch {
	case len(d.absent) > 0 && !proven && v.known == tasktable.Shown:
		v.is(reconciliation.MissingImage, "is not delivered: "+names(d.absent))
		v.deliver = true
	case len(d.absent) > 0:
		v.is(reconciliation.Removed, "was delivered, as far as the table tells: "+names(d.absent))
		v.deliver = w.request.Restore
	case len(d.different) > 0:
		v.is(reconciliation.Different, "another object is there: "+names(d.different))
	case len(d.lost) > 0:
		v.is(reconciliation.WithoutObjects, "was announced, and is not there: "+names(d.lost))
	case len(d.unclear) > 0 && !proven:
		v.is(reconciliation.Undecidable,
			"is there in the same size, but entity tags do not tell whether it is a copy: "+names(d.unclear))
	case w.isOwed(v):
		v.is(reconciliation.MissingImage, "the table does not know that it is delivered")
		v.deliver = true
	}
}

// isOwed tells whether the table shows an announcement without a delivery, of which
// deliver has something to say.
func (w *worker) isOwed(v *verdict) bool {
	if v.known != tasktable.Shown || v.task.DeliveryStatus.Complete() {
		return false
	}
	return v.announcement.Status == announcement.Completed || len(w.deliverables(v.announcement)) > 0
}

// names names the first few keys.
func names(keys []string) string {
	const most = 3
	named := strings.Join(keys[:min(most, len(keys))], ", ")
	if more := len(keys) - most; more > 0 {
		named += fmt.Sprintf(", and %d more", more)
	}
	return named
}
