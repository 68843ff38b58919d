package tasktable

import (
	"time"

	"sdtasktracker/shared/announcement"
)

// StoresNatively tells tests whether Record would store the announcement's
// context as a native value.
func StoresNatively(a announcement.Announcement) bool {
	u, _ := (&Table{Retention: time.Hour}).recordUpdate(a, undelivered, native)
	return u.assigned[attrContext]
}
