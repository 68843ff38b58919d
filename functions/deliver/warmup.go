package main

import (
	"context"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/tasktable"
)

// warmConnections is how many connections to S3 a sandbox begins with: enough for most
// tasks. Those of further copies resume their TLS sessions.
const warmConnections = 4

// warmUpCopies is a [warmup.Operation], with a connection for each image.
func (h *Handler) warmUpCopies(ctx context.Context, a announcement.Announcement) error {
	h.Copier.CopyAll(ctx, a.ImageURLs, delivery.Prefix(h.Environment.DeliveryPrefix, a))
	return nil
}

// warmUpTable is a [warmup.Operation].
func (h *Handler) warmUpTable(ctx context.Context, a announcement.Announcement) error {
	_, err := h.Table.RecordDelivery(ctx, a, tasktable.Delivery{Status: tasktable.Delivered, At: a.PublishedAt})
	return err
}

// warmUpEvents is a [warmup.Operation].
func (h *Handler) warmUpEvents(ctx context.Context, a announcement.Announcement) error {
	_, err := h.publish(ctx, a, tasktable.Delivery{Status: tasktable.Delivered})
	return err
}
