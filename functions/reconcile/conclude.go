package main

import (
	"fmt"
	"strings"

	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// conclude tells what kind of run it is by its delivery.
func (w *worker) conclude(v *verdict, d state) {
	proven := v.known == tasktable.Shown && v.task.HasDelivered()
	switch {
	case proven && w.isElsewhere(v): // as an earlier deployment was set
	case len(d.absent) > 0:
		w.concludeAbsent(v, proven, names(d.absent))
	case len(d.different) > 0:
		v.is(reconciliation.Different, "another object is there: "+names(d.different))
	case len(d.lost) > 0:
		v.is(reconciliation.WithoutObjects, "was announced, and is not there: "+names(d.lost))
	case len(d.unclear) > 0 && v.known == tasktable.Shown && !proven: // of earlier runs, the size must do
		v.is(reconciliation.Undecidable,
			"is there in the same size, but entity tags do not tell whether it is a copy: "+names(d.unclear))
	case w.isOwed(v):
		v.is(reconciliation.MissingImage, "the table does not know that it is delivered")
		v.deliver = true
	}
}

// concludeAbsent tells what kind of run has nothing in the place of some objects.
func (w *worker) concludeAbsent(v *verdict, proven bool, absent string) {
	v.deliver = w.request.Restore
	switch {
	case proven:
		v.is(reconciliation.Removed, "was delivered: "+absent)
	case v.known == tasktable.Superseded:
		v.is(reconciliation.Undecidable, "of an earlier run, was removed or never delivered: "+absent)
	default:
		v.is(reconciliation.MissingImage, "is not delivered: "+absent)
		v.deliver = true
	}
}

// isElsewhere tells whether the table says that the run was delivered to another
// bucket, or below another prefix, than it would be now.
func (w *worker) isElsewhere(v *verdict) bool {
	here := "s3://" + w.delivery.name + "/" + delivery.Prefix(w.Environment.DeliveryPrefix, v.announcement)
	return len(v.task.Delivered) > 0 && !strings.HasPrefix(v.task.Delivered[0], here)
}

// isOwed tells whether the table shows an announcement without a delivery, of which
// deliver has something to say.
func (w *worker) isOwed(v *verdict) bool {
	if v.known != tasktable.Shown || v.task.DeliveryStatus.Complete() {
		return false
	}
	_, owed := delivery.URIs(v.announcement, w.Environment.DeliverOutput)
	return owed
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
