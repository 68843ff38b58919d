package main

import (
	"fmt"
	"strings"

	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// conclude sets a run's kind according to its copies. unrecorded says that the run needs a delivery,
// but the table doesn't have a complete delivery.
func (c *comparison) conclude(v *verdict, found copies, unrecorded bool) {
	proven := v.known == tasktable.Shown && v.task.HasDelivered(v.task.MessageID)
	switch {
	case proven && c.isElsewhere(v): // the settings have changed since
	case len(found.absent) > 0:
		c.concludeAbsent(v, proven, names(found.absent))
	case len(found.different) > 0:
		v.is(reconciliation.Different, "another object has the key: "+names(found.different))
	case len(found.lost) > 0:
		v.is(reconciliation.WithoutObjects, "was announced, but does not exist: "+names(found.lost))
	case len(found.unclear) > 0 && v.known == tasktable.Shown && !proven: // for earlier runs, the same size is enough
		v.is(reconciliation.Undecidable,
			"has the same size in both buckets, but ETags do not show whether it is a copy: "+names(found.unclear))
	case unrecorded && v.known == tasktable.Shown:
		v.is(reconciliation.MissingImage, "is delivered, but the table does not show it")
		v.missedBy = []string{"deliver"}
	}
}

// concludeAbsent is like conclude, for a run with missing copies.
func (c *comparison) concludeAbsent(v *verdict, proven bool, absent string) {
	switch {
	case proven:
		v.is(reconciliation.Removed, "was delivered: "+absent)
	case v.known == tasktable.Superseded:
		v.is(reconciliation.Undecidable, "belongs to an earlier run, and was removed or never delivered: "+absent)
	default:
		v.is(reconciliation.MissingImage, "is not delivered: "+absent)
	}
	if c.request.Restore || v.finding.Kind == reconciliation.MissingImage {
		v.missedBy = []string{"deliver"}
	}
}

// isElsewhere reports whether, according to the table, the run was delivered to another bucket or
// prefix than the current settings have.
func (c *comparison) isElsewhere(v *verdict) bool {
	e := c.handler.Environment
	here := "s3://" + e.DeliveryBucket + "/" + delivery.Prefix(e.DeliveryPrefix, v.announcement)
	return len(v.task.Delivered) > 0 && !strings.HasPrefix(v.task.Delivered[0], here)
}

// maxNames is how many keys a reason names.
const maxNames = 3

func names(keys []string) string {
	named := strings.Join(keys[:min(maxNames, len(keys))], ", ")
	if more := len(keys) - maxNames; more > 0 {
		named += fmt.Sprintf(", and %d more", more)
	}
	return named
}
