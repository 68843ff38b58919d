package main

import (
	"context"
	"errors"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
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
	a, _, err := h.withContext(ctx, a)
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
// it: record had received the announcement, and only deliver had not. known reports whether a context that is missing
// was missing in the guidance's announcement, too.
func (h *Handler) withContext(
	ctx context.Context, a announcement.Announcement,
) (_ announcement.Announcement, known bool, err error) {
	if a.Source != announcement.Reconciled || a.Context != nil {
		return a, true, nil
	}
	task, err := h.Table.Get(ctx, a.TaskID)
	switch {
	case errors.Is(err, tasktable.ErrNotFound):
		return a, false, nil
	case err != nil:
		return a, false, err
	case task.MessageID != a.MessageID:
		return a, false, nil
	}
	a.Context = task.Context
	return a, a.Context != nil || task.Source == "" && !task.ContextOmitted, nil
}

// prefix returns the beginning of the copies' keys.
func (h *Handler) prefix(ctx context.Context, a announcement.Announcement) (string, error) {
	if delivery.NeedsContext(h.Prefix) {
		var known bool
		var err error
		if a, known, err = h.withContext(ctx, a); err != nil {
			return "", err
		}
		if !known {
			return "", errors.New("the delivery prefix has the context, which only the lost announcement had")
		}
	}
	return delivery.Prefix(h.Prefix, a), nil
}
