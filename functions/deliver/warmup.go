package main

import (
	"context"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deliverykey"
	"sdtasktracker/shared/tasktable"
	"sdtasktracker/shared/warmup"
)

// warmConnections is how many connections to S3 a sandbox begins with: enough for most
// tasks. Those of further copies resume their TLS sessions.
const warmConnections = 4

// warmUpCopies copies objects as an invocation does, for [warmup.Do].
func (h *Handler) warmUpCopies(ctx context.Context) error {
	a, err := announcement.FromSNS(warmup.Announcement(h.Copier.Source, warmConnections))
	if err != nil {
		return err
	}
	h.Copier.CopyAll(ctx, a.ImageURLs, deliverykey.Prefix(h.Prefix, a))
	return nil
}

// warmUpTable records a delivery as an invocation does, for [warmup.Do].
func (h *Handler) warmUpTable(ctx context.Context) error {
	a, err := announcement.FromSNS(warmup.Announcement(h.Copier.Source, 1))
	if err != nil {
		return err
	}
	_, err = h.Table.RecordDelivery(ctx, a, tasktable.Delivery{Status: tasktable.Delivered, At: a.PublishedAt})
	return err
}
