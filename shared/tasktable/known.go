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
	// Shown: the item shows it.
	Shown
	// Superseded: the item shows something newer. The end was recorded, or makes no
	// difference any more.
	Superseded
	// Undecided: the item doesn't say.
	Undecided
)

// State is a task with what its item keeps for the order of announcements.
type State struct {
	Task

	version string   // of the announcement that the item shows
	marks   []string // of the runs
	ended   int64    // the newest end's time, in milliseconds since 1970
}

func newState(stored item) State {
	return State{newTask(stored), stringOf(stored, attrVersion), runsOf(stored), numberOf(stored, attrEndedMS)}
}

// Knows reports whether the end of a run has been recorded. a is its announcement,
// real or reconstructed. A reconstructed publish time is that of the run's last
// object, cut to the second. So Knows can't tell what is older from what is newer
// within margin after that time.
func (t State) Knows(a announcement.Announcement, margin time.Duration) Known {
	published, _, _ := strings.Cut(t.version, "/")
	switch {
	case t.version == "":
		return Unknown
	case t.shows(a):
		return Shown
	case a.Status == announcement.Completed && slices.Contains(t.marks, runMark(a)):
		return Superseded
	case t.version < a.Version():
		return Unknown
	case published <= announcement.FormatTime(a.PublishedAt.Add(margin)):
		return Undecided
	}
	return t.knowsOlder(a)
}

// knowsOlder is Knows for an end that is older than what the item shows.
func (t State) knowsOlder(a announcement.Announcement) Known {
	switch {
	case a.Status == announcement.Completed && len(t.marks) >= maxKept:
		return Undecided
	case a.Status == announcement.Failed && (t.Status.Terminal() || t.ended >= a.PublishedAt.UnixMilli()):
		return Superseded
	}
	return Unknown
}

// shows reports whether the item shows an announcement of the same objects. Old
// releases of the guidance name no raw output.
func (t State) shows(a announcement.Announcement) bool {
	if t.OutputURL == "" {
		return t.Status.Terminal() && len(t.ImageURLs) > 0 && slices.Equal(t.ImageURLs, a.ImageURLs)
	}
	return t.Status.Terminal() && t.OutputURL == a.OutputURL
}

// HasDelivered reports whether the announcement that the item shows was delivered
// completely. A delivery of a newer announcement, which record hasn't recorded yet,
// doesn't count.
func (t State) HasDelivered() bool {
	return t.DeliveryStatus.Complete() && t.DeliveryMessageID == t.MessageID
}
