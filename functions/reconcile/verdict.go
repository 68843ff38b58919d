package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// clockStep is what S3 cuts an object's time to.
const clockStep = time.Second

// verdict is what was found of one run, and what would repair it.
type verdict struct {
	*run
	// task is what the table has of the run's task.
	task  tasktable.State
	known tasktable.Known
	// announcement is the run's: as the table shows it, or else reconstructed.
	announcement announcement.Announcement
	finding      reconciliation.Finding
	// record and deliver say which functions have to be invoked with it.
	record, deliver bool
}

func newVerdict(r *run) *verdict {
	return &verdict{run: r, finding: reconciliation.Finding{
		Kind: reconciliation.Agreeing, TaskID: r.taskID, Run: r.name, EndedAt: r.endedAt().UTC(),
	}}
}

func (v *verdict) is(kind reconciliation.Kind, reason string) {
	v.finding.Kind, v.finding.Reason = kind, reason
}

// uri is where the publisher says that an object is.
func (w *worker) uri(key string) string { return "s3://" + w.output.name + "/" + key }

// identify finds out what announced the run, or should have.
func (w *worker) identify(ctx context.Context, v *verdict) error {
	if v.problem != nil {
		v.is(reconciliation.Undecidable, v.problem.Error())
		w.identifyPart(v)
		return nil
	}
	v.announcement = w.reconstruct(v.run, announcement.Completed)
	v.known = v.task.Knows(v.announcement, clockStep)
	if v.known != tasktable.Shown && len(v.images) == 0 {
		failed := w.reconstruct(v.run, announcement.Failed)
		if knowsFailure := v.task.Knows(failed, clockStep); v.known == tasktable.Unknown ||
			knowsFailure == tasktable.Undecided {
			status, err := w.outcome(ctx, v.output.key)
			if errors.Is(err, errUndecided) {
				v.is(reconciliation.Undecidable, err.Error())
				return nil
			}
			if err != nil {
				return err
			}
			if status == announcement.Failed {
				v.announcement, v.known = failed, knowsFailure
			}
		}
	}
	w.settle(v)
	return nil
}

// settle draws the conclusions of what the table knows.
func (w *worker) settle(v *verdict) {
	switch v.known {
	case tasktable.Shown:
		v.announcement = w.shown(v)
	case tasktable.Undecided:
		v.is(reconciliation.Undecidable, "the table shows a start in the second of its end, or more runs than it keeps")
	case tasktable.Unknown:
		if w.isExpired(v.announcement.PublishedAt) {
			v.is(reconciliation.Expired, "")
			return
		}
		v.is(reconciliation.MissingInTable, "")
		v.record, v.deliver = true, !w.lacksRuntime(v)
	}
}

// identifyPart finds out whether the rest of an incomplete run was there when it
// was announced.
func (w *worker) identifyPart(v *verdict) {
	a := announcement.Announcement{OutputURL: w.uri(v.name + ".out")}
	if v.taskID != "" && v.task.Knows(a, 0) == tasktable.Shown {
		v.known = tasktable.Shown
		v.announcement = w.shown(v)
		v.is(reconciliation.Agreeing, "") // unless its delivery says otherwise
	}
}

// isExpired tells whether the table would not keep a task that was announced then.
func (w *worker) isExpired(published time.Time) bool {
	return w.Table.Retention > 0 && !published.Add(w.Table.Retention).After(w.Now())
}

// lacksRuntime tells whether nobody knows any more below which prefix the run was
// to be delivered.
func (w *worker) lacksRuntime(v *verdict) bool {
	return delivery.NeedsRuntime(w.Environment.DeliveryPrefix) && v.announcement.Runtime == ""
}

// reconstruct makes an announcement of what the run left. Its time is before the
// publisher's own, which came after the raw output, and its message id depends on
// the run alone.
func (w *worker) reconstruct(r *run, status announcement.Status) announcement.Announcement {
	a := announcement.Announcement{
		TaskID: r.taskID, Status: status, OutputURL: w.uri(r.output.key), Source: announcement.Reconciled,
		PublishedAt: r.output.modified.Truncate(clockStep).Add(-time.Millisecond).UTC(),
	}
	for _, i := range r.images {
		a.ImageURLs = append(a.ImageURLs, w.uri(i.key))
	}
	hash := sha256.Sum256([]byte(a.OutputURL))
	a.MessageID = "reconcile-" + hex.EncodeToString(hash[:8])
	return a
}

// shown is the announcement that the table shows, without its context. The list of
// images is the bucket's if the table has no room for it.
func (w *worker) shown(v *verdict) announcement.Announcement {
	a := announcement.Announcement{
		TaskID: v.task.ID, Status: v.task.Status, Runtime: v.task.Runtime, ImageURLs: v.task.ImageURLs,
		OutputURL: v.task.OutputURL, Source: announcement.Reconciled,
		MessageID: v.task.MessageID, PublishedAt: v.task.UpdatedAt,
	}
	if v.task.ImageURLsOmitted > 0 {
		a.ImageURLs = v.announcement.ImageURLs
	}
	return a
}

// absent finds a run that the table shows and the bucket does not have at all.
// Only of a task that has other runs there is this seen.
func (w *worker) absent(ctx context.Context, task tasktable.State) (*reconciliation.Finding, error) {
	name, ok := w.runOf(task.OutputURL)
	if !ok || task.FinishedAt.Before(w.since) || !task.FinishedAt.Before(w.until) {
		return nil, nil
	}
	p, err := w.output.list(ctx, name, "", 1)
	if err != nil || len(p.objects) > 0 {
		return nil, err
	}
	return &reconciliation.Finding{
		Kind: reconciliation.WithoutObjects, TaskID: task.ID, Run: name, EndedAt: task.FinishedAt,
		Reason: fmt.Sprintf("none of its objects is there, nor %s.out", name),
	}, nil
}
