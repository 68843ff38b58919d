package tasktable

import (
	"sdtasktracker/shared/announcement"
)

// show makes an item show an announcement. It sets the announcement's attributes, and removes the other
// attributes of an older announcement. Lists are cut off to fit into the announcement's share of the
// item. best is the best form for documents; if it is omitted, lists are omitted, too. show returns the
// names of the fields that do not fit.
func (t *Table) show(u *update, a announcement.Announcement, best form) (left []string) {
	room := announcementBytes
	if best == omitted {
		room = 0
	}
	u.set(attrStatus, text(string(a.Status)))
	u.set(attrUpdatedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrMessageID, text(a.MessageID))
	u.set(attrVersion, text(a.Version()))
	u.setText(attrRuntime, a.Runtime)
	u.setText(attrCaller, a.Caller)
	u.setText(attrOutputURL, a.OutputURL)
	u.setText(attrError, a.Error)
	u.setText(attrSource, a.Source)
	switch a.Status {
	case announcement.Queued:
		setRequest(u, a)
	case announcement.Running:
		setStart(u, a)
	default:
		setEnd(u, a)
		if !setList(u, attrImageURL, attrImageURLOmitted, a.ImageURLs, room-u.bytes()) {
			left = append(left, attrImageURL)
		}
	}
	left = append(left, setDocuments(u, a, room, best)...)
	if a.Status == announcement.Queued || !t.Requests { // without requests, the end says what was asked
		setAsked(u, a)
	}
	u.removeOthers(announcementAttributes...)
	return left
}

// setRequest sets the attributes of the newest request, which an item keeps whatever it shows.
func setRequest(u *update, a announcement.Announcement) {
	u.set(attrQueuedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrQueuedVersion, text(a.Version()))
	u.setText(attrTaskType, a.TaskType)
	u.setText(attrPrefix, a.Prefix)
	u.removeOthers(attrTaskType, attrPrefix)
}

// setAsked sets what the task was asked for.
func setAsked(u *update, a announcement.Announcement) {
	u.setText(attrRequest, a.Request)
	u.removeOthers(attrRequest)
}

// setStart sets the last start.
func setStart(u *update, a announcement.Announcement) {
	u.set(attrStartedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrStartedMS, number(a.PublishedAt.UnixMilli()))
}

// setEnd sets the end of a task, and removes the starts. DynamoDB has no conditional
// arithmetic: if no start is known, setEnd sets duration_ms to 0, to save a second write.
func setEnd(u *update, a announcement.Announcement) {
	u.set(attrResult, boolean(a.Status == announcement.Completed))
	u.set(attrImageCount, number(int64(len(a.ImageURLs))))
	u.set(attrFinishedAt, text(announcement.FormatTime(a.PublishedAt)))
	u.set(attrEndedMS, number(a.PublishedAt.UnixMilli()))
	u.sets[attrDurationMS] = ":internal_ended_ms - if_not_exists(#internal_started_ms, :internal_ended_ms)"
	u.removeOthers(attrFirstStartedAt, attrStartsMS)
}

// dropDelivery removes the delivery of an older announcement.
func (t *Table) dropDelivery(u *update, newest announcement.Announcement) {
	u.removeOthers(deliveryAttributes...)
	t.setExpiry(u, newest)
}
