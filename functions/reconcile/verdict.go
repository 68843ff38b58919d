package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// clockStep is the precision of an object's modification time in S3.
const clockStep = time.Second

// verdict is the result of comparing a run.
type verdict struct {
	run *run
	// item is the item of the run's task, and task is its typed part.
	item tasktable.Details
	task tasktable.Task
	// known is what the item says about the run.
	known tasktable.Known
	// announcement is the run's announcement that the table shows, or else a reconstruction.
	announcement announcement.Announcement
	finding      reconciliation.Finding
	// missedBy has the functions that missed the announcement, in the order in which to invoke them.
	missedBy []string
}

func newVerdict(r *run, item tasktable.Details) *verdict {
	return &verdict{run: r, item: item, task: item.Task, finding: reconciliation.Finding{
		Kind: reconciliation.Agreeing, TaskID: r.taskID, Run: r.name, EndedAt: r.endedAt().UTC(),
	}}
}

func (v *verdict) is(kind reconciliation.Kind, reason string) {
	v.finding.Kind, v.finding.Reason = kind, reason
}

// identify sets the run's announcement, and whether the table has it.
func (c *comparison) identify(ctx context.Context, v *verdict) error {
	if v.run.problem != nil {
		c.identifyIncomplete(v)
		return nil
	}
	v.announcement = c.reconstruct(v.run, announcement.Completed)
	v.known = v.item.Knows(v.announcement, clockStep)
	if v.known == tasktable.Unknown && len(v.run.images) == 0 {
		err := c.identifyFailure(ctx, v)
		if errors.Is(err, errUndecided) {
			v.is(reconciliation.Undecidable, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
	}
	c.settle(v)
	return nil
}

// identifyIncomplete is like identify, for a run that seems incomplete. If the table shows the run,
// it was complete once.
func (c *comparison) identifyIncomplete(v *verdict) {
	a := announcement.Announcement{OutputURL: c.uri(v.run.name + ".out")}
	if v.item.Knows(a, 0) != tasktable.Shown {
		v.is(reconciliation.Undecidable, v.run.problem.Error())
		return
	}
	v.known, v.announcement = tasktable.Shown, shown(v)
}

// identifyFailure is like identify, for a run without images that the table doesn't have as
// completed: it may have failed. The error may be errUndecided.
func (c *comparison) identifyFailure(ctx context.Context, v *verdict) error {
	status, err := c.outcome(ctx, v.run.output.key)
	if status == announcement.Failed {
		v.announcement = c.reconstruct(v.run, announcement.Failed)
		v.known = v.item.Knows(v.announcement, clockStep)
	}
	return err
}

// settle sets the run's kind according to the table.
func (c *comparison) settle(v *verdict) {
	switch {
	case v.known == tasktable.Shown:
		v.announcement = shown(v)
	case v.known == tasktable.Undecided:
		v.is(reconciliation.Undecidable, "the table shows a start or another end in the same second, or has had more runs "+
			"than it keeps")
	case v.known == tasktable.Superseded:
	case c.isExpired(v.announcement.PublishedAt):
		v.is(reconciliation.Expired, "")
	default:
		v.is(reconciliation.MissingInTable, "")
		v.missedBy = []string{"record"}
		v.inherit()
		if c.lacks(v) == "" {
			v.missedBy = append(v.missedBy, "deliver")
		}
	}
}

// inherit copies the runtime and the context from the task's item to the reconstructed announcement, if the item shows
// an earlier request or start. An item that shows an end belongs to an earlier run. A context that isn't JSON is lost.
func (v *verdict) inherit() {
	if v.task.Status != announcement.Queued && v.task.Status != announcement.Running ||
		!v.task.UpdatedAt.Before(v.announcement.PublishedAt) {
		return
	}
	v.announcement.Runtime = v.task.Runtime
	if json.Valid(v.task.Context) {
		v.announcement.Context = v.task.Context
	}
}

// isExpired reports whether the table no longer keeps tasks that were announced at this time.
func (c *comparison) isExpired(published time.Time) bool {
	retention := c.handler.Table.Retention
	return retention > 0 && !published.Add(retention).After(c.handler.Now())
}

// announceTime is the maximum time from a run's raw output to its announcement.
const announceTime = time.Minute

// lacks returns the part of the announcement that the delivery prefix needs and only the lost
// announcement had; "" if nothing is lacking.
func (c *comparison) lacks(v *verdict) string {
	prefix, a := c.handler.Environment.DeliveryPrefix, v.announcement
	announced := v.known == tasktable.Shown && v.task.Source == "" && !v.task.ContextOmitted
	switch {
	case delivery.NeedsRuntime(prefix) && a.Runtime == "":
		return "runtime"
	case delivery.NeedsContext(prefix) && a.Context == nil && !announced:
		return "context"
	case delivery.NeedsDate(prefix) && v.known == tasktable.Superseded &&
		delivery.Date(a.PublishedAt) != delivery.Date(a.PublishedAt.Add(announceTime)):
		return "date"
	}
	return ""
}

// reconstruct returns an announcement of the run's objects. Its publish time is before that of the
// guidance's own announcement, which follows the raw output. Its message ID depends only on the run.
func (c *comparison) reconstruct(r *run, status announcement.Status) announcement.Announcement {
	a := announcement.Announcement{
		TaskID: r.taskID, Status: status, OutputURL: c.uri(r.output.key), Source: announcement.Reconciled,
		PublishedAt: r.output.modified.Truncate(clockStep).Add(-time.Millisecond).UTC(),
	}
	for _, i := range r.images {
		a.ImageURLs = append(a.ImageURLs, c.uri(i.object.key))
	}
	hash := sha256.Sum256([]byte(a.OutputURL))
	a.MessageID = "reconcile-" + hex.EncodeToString(hash[:8])
	return a
}

// shown returns the announcement that the table shows. It has the context only if the delivery
// prefix needs it. If the item had no room for all image URLs, shown takes those of the run.
func shown(v *verdict) announcement.Announcement {
	a := announcement.Announcement{
		TaskID: v.task.ID, Status: v.task.Status, Runtime: v.task.Runtime, ImageURLs: v.task.ImageURLs,
		Context: v.task.Context, OutputURL: v.task.OutputURL, Source: announcement.Reconciled,
		MessageID: v.task.MessageID, PublishedAt: v.task.UpdatedAt,
	}
	if v.task.ImageURLsOmitted > 0 {
		a.ImageURLs = v.announcement.ImageURLs
	}
	return a
}
