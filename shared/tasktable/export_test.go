package tasktable

import (
	"encoding/json"
	"time"

	"sdtasktracker/shared/announcement"
)

// MostNative tells tests how many times the JSON element fits into a list that
// Record stores natively as the announcement's context.
func MostNative(a announcement.Announcement, element string) int {
	u, _ := (&Table{Retention: time.Hour}).blindUpdate(a, announcementBytes)
	empty, _ := fromJSON(json.RawMessage(`[]`))
	one, err := fromJSON(json.RawMessage(`[` + element + `]`))
	if err != nil {
		panic(err)
	}
	room := announcementBytes - u.bytes() - len(attrContext) - size(empty)
	return room / (size(one) - size(empty))
}
