package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/tasktable"
)

// credit counts an object as delivered if the task's item says so, although its source no longer
// exists. After a delivery, its owner may remove the source, and only the item proves the copy.
func (h *Handler) credit(ctx context.Context, a announcement.Announcement, results []copied) error {
	if !slices.ContainsFunc(results, func(c copied) bool { return c.unproven != "" }) {
		return nil
	}
	task, err := h.Table.Get(ctx, a.TaskID)
	if err != nil && !errors.Is(err, tasktable.ErrNotFound) {
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

// unlisted returns the range of the results that the task's item counts as delivered, but has no
// room to list. The range is empty unless the item has a complete delivery of the same
// announcement, whose listed URIs are those of the results.
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
