package main

import (
	"context"
	"errors"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// publish publishes what became of a completed task, whether or not that was published before: an attempt that had
// recorded it may have failed to publish it. Of a failed task, record publishes. It returns the event's kind, "" if
// there is none.
func (h *Handler) publish(
	ctx context.Context, a announcement.Announcement, d tasktable.Delivery,
) (taskevent.Kind, error) {
	if h.Events == nil || a.Status != announcement.Completed {
		return "", nil
	}
	a, err := h.withContext(ctx, a)
	a.Caller, _ = a.ContextText(h.CallerContext)
	event := taskevent.Delivery(a, d)
	if err == nil {
		err = h.Events.Publish(ctx, event)
	}
	return event.Kind, err
}

// wasComplete reports whether the table has a complete delivery of an announcement whose repetition has just failed: an
// event that says so would contradict the one before it.
func (h *Handler) wasComplete(ctx context.Context, r *report, d tasktable.Delivery) bool {
	if h.Events == nil || !r.superseded || d.Status != tasktable.DeliveryFailed {
		return false
	}
	task, err := h.Table.Get(ctx, r.announcement.TaskID)
	return err == nil && task.DeliveryStatus.Complete() && task.DeliveryMessageID == r.announcement.MessageID
}

// withContext adds the caller's context, if the table has it, to an announcement that reconcile reconstructed without
// it: record had received the announcement, and only deliver had not.
func (h *Handler) withContext(
	ctx context.Context, a announcement.Announcement,
) (announcement.Announcement, error) {
	if a.Source != announcement.Reconciled || a.Context != nil {
		return a, nil
	}
	task, err := h.Table.Get(ctx, a.TaskID)
	switch {
	case errors.Is(err, tasktable.ErrNotFound):
	case err != nil:
		return a, err
	case task.MessageID == a.MessageID:
		a.Context = task.Context
	}
	return a, nil
}
