package main

import (
	"context"

	"sdtasktracker/shared/announcement"
)

// warmUp is a [warmup.Operation]. Reports are not read: few tasks fail.
func (h *Handler) warmUp(ctx context.Context, a announcement.Announcement) error {
	_, err := h.Table.Record(ctx, a)
	return err
}
