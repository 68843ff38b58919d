package tasktable

import (
	"slices"
	"strings"
	"time"

	"sdtasktracker/shared/announcement"
)

// Known is what an item tells about the end of one run.
type Known int

const (
	// Unknown: the end was never recorded.
	Unknown Known = iota
	// Shown: the item shows it.
	Shown
	// Superseded: it was recorded, or makes no difference any more: the item shows
	// something newer.
	Superseded
	// Undecided: the item does not tell.
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

// Knows tells whether the end of a run has been recorded. a announces it, in its
// own words or reconstructed. A reconstructed publish time, of the run's last
// object, has been cut to the second, so within margin after it, what is newer
// can't be told from what is older.
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
	case t.Status == announcement.Running && published <= announcement.FormatTime(a.PublishedAt.Add(margin)):
		return Undecided
	}
	return t.knowsOlder(a)
}

// knowsOlder is Knows of an end that is older than what the item shows.
func (t State) knowsOlder(a announcement.Announcement) Known {
	switch {
	case a.Status == announcement.Completed && len(t.marks) >= mostKept:
		return Undecided
	case a.Status == announcement.Failed && (t.Status.Terminal() || t.ended >= a.PublishedAt.UnixMilli()):
		return Superseded
	}
	return Unknown
}

// shows tells whether the item shows an announcement of the same objects. Old
// releases of the publisher name no raw output.
func (t State) shows(a announcement.Announcement) bool {
	if t.OutputURL == "" {
		return t.Status.Terminal() && len(t.ImageURLs) > 0 && slices.Equal(t.ImageURLs, a.ImageURLs)
	}
	return t.Status.Terminal() && t.OutputURL == a.OutputURL
}

// HasDelivered tells whether what the item shows was delivered completely: not an
// announcement that record has not seen yet.
func (t State) HasDelivered() bool {
	return t.DeliveryStatus.Complete() && t.DeliveryMessageID == t.MessageID
}
