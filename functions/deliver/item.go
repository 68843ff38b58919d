package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/tasktable"
)

// readTask returns a task's item, or the zero Task if the item doesn't exist.
type readTask func() (tasktable.Task, error)

// reader returns a function that reads the item when it is first called. Most deliveries need no read.
func (h *Handler) reader(ctx context.Context, taskID string) readTask {
	return sync.OnceValues(func() (tasktable.Task, error) {
		task, err := h.Table.Get(ctx, taskID)
		if errors.Is(err, tasktable.ErrNotFound) {
			err = nil
		}
		return task, err
	})
}

// restore adds the caller's context from the table to an announcement that reconcile reconstructed without it. The
// table has the context if record received the guidance's announcement, and only deliver didn't. If the delivery
// prefix needs the context, restore fails unless the table has it, or shows that the announcement had no context.
func (h *Handler) restore(a announcement.Announcement, read readTask) (announcement.Announcement, error) {
	inPrefix := delivery.NeedsContext(h.Environment.DeliveryPrefix)
	if a.Source != announcement.Reconciled || a.Context != nil || !inPrefix && h.Events == nil {
		return a, nil
	}
	task, err := read()
	if err != nil {
		return a, err
	}
	shown := task.MessageID == a.MessageID
	if shown {
		a.Context = task.Context
	}
	if inPrefix && a.Context == nil && !(shown && task.Source == "" && !task.ContextOmitted) {
		return a, errors.New("the delivery prefix needs the task's context, which only the lost announcement had")
	}
	return a, nil
}

// credit counts an object whose source no longer exists as delivered if the task's item lists it as
// delivered. The bucket's owner may remove a source after its delivery.
func credit(a announcement.Announcement, results []copied, read readTask) error {
	if !slices.ContainsFunc(results, func(c copied) bool { return c.unproven != "" }) {
		return nil
	}
	task, err := read()
	if err != nil {
		return err
	}
	first, end := unlisted(task, a, results)
	for i, result := range results {
		if result.unproven != "" && (slices.Contains(task.Delivered, result.unproven) || first <= i && i < end) {
			results[i] = copied{uri: result.unproven, existed: true}
		}
	}
	return nil
}

// unlisted returns the range of results that the task's item counts as delivered, but has no room
// to list. The range is empty unless the item has a complete delivery of the same announcement,
// and lists the URIs of the first results.
func unlisted(task tasktable.Task, a announcement.Announcement, results []copied) (first, end int) {
	listed := len(task.Delivered)
	if task.DeliveryStatus != tasktable.Delivered || task.DeliveryMessageID != a.MessageID || listed > len(results) {
		return 0, 0
	}
	for i, uri := range task.Delivered {
		if there := cmp.Or(results[i].uri, results[i].unproven); there != "" && there != uri {
			return 0, 0
		}
	}
	return listed, listed + task.DeliveredOmitted
}
