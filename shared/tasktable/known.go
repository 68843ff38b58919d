package tasktable

import (
	"slices"
	"strings"
	"time"

	"sdtasktracker/shared/announcement"
)

// Known is what an item says about the end of one run.
type Known int

const (
	// Unknown: the end was never recorded.
	Unknown Known = iota
	// Shown: the item shows the end.
	Shown
	// Superseded: the item shows something newer. The end was recorded, or no longer
	// matters.
	Superseded
	// Undecided: the item doesn't say.
	Undecided
)

// Knows returns what the item says about the end of a run. a is the run's announcement,
// real or reconstructed. A reconstructed publish time is that of the run's last object,
// truncated to the second. So Knows can't decide which announcement is newer if they are
// within margin after that time.
func (d Details) Knows(a announcement.Announcement, margin time.Duration) Known {
	version := stringOf(d.attributes, attrVersion)
	published, _, _ := strings.Cut(version, "/")
	switch {
	case version == "":
		return Unknown
	case d.Task.shows(a):
		return Shown
	case a.Status == announcement.Completed && slices.Contains(runsOf(d.attributes), runMark(a)):
		return Superseded
	case version < a.Version():
		return Unknown
	case published <= announcement.FormatTime(a.PublishedAt.Add(margin)):
		return Undecided
	}
	return d.knowsOlder(a)
}

// knowsOlder is like Knows, for an end that is older than the announcement shown.
func (d Details) knowsOlder(a announcement.Announcement) Known {
	ended := numberOf(d.attributes, attrEndedMS)
	switch {
	case a.Status == announcement.Completed && len(runsOf(d.attributes)) >= maxKept:
		return Undecided
	case a.Status == announcement.Failed && (d.Task.Status.Terminal() || ended >= a.PublishedAt.UnixMilli()):
		return Superseded
	}
	return Unknown
}

// shows reports whether the item shows an announcement of the same objects. Old releases
// of the guidance don't announce the raw output.
func (t Task) shows(a announcement.Announcement) bool {
	if t.OutputURL == "" {
		return t.Status.Terminal() && len(t.ImageURLs) > 0 && slices.Equal(t.ImageURLs, a.ImageURLs)
	}
	return t.Status.Terminal() && t.OutputURL == a.OutputURL
}

// HasDelivered reports whether the announcement with a message id was delivered completely.
func (t Task) HasDelivered(messageID string) bool {
	return t.DeliveryStatus.Complete() && t.DeliveryMessageID == messageID
}
