package main

import (
	"context"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/warmup"
)

// warmUp does what an invocation does, for [warmup.Do]. Reports are not read: few
// tasks fail.
func (h *Handler) warmUp(ctx context.Context) error {
	a, err := announcement.FromSNS(warmup.Announcement("warm-up", 1))
	if err != nil {
		return err
	}
	_, err = h.Table.Record(ctx, a)
	return err
}
