package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/tasktable"
)

// Handler delivers finished tasks' images. It may be called from several
// goroutines.
type Handler struct {
	Table  *tasktable.Table
	Copier *Copier
	Log    *slog.Logger
	Now    func() time.Time
}

// Handle delivers what each announcement of an SNS event names. A failure of
// one does not keep the others from being delivered; what is there already is
// not copied again, so Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	if len(event.Records) == 0 {
		return function.ErrNotSNS
	}
	ctx, cancel := function.WorkContext(ctx)
	defer cancel()
	var errs []error
	for _, record := range event.Records {
		errs = append(errs, h.deliver(ctx, record.SNS))
	}
	return errors.Join(errs...)
}

func (h *Handler) deliver(ctx context.Context, message events.SNSEntity) error {
	start := h.Now()
	line := []slog.Attr{slog.String("message_id", message.MessageID)}
	a, err := announcement.FromSNS(message)
	if err != nil {
		return h.finish(ctx, start, "invalid", line, err)
	}
	line = append(line, slog.String("task_id", a.TaskID), slog.Int("images", len(a.ImageURLs)))
	if a.Status != announcement.Completed {
		return h.finish(ctx, start, "nothing_to_deliver", line, nil)
	}
	results := h.Copier.CopyAll(ctx, a.ImageURLs)
	delivery, err := summarize(results)
	delivery.At = h.Now()
	current, tableErr := h.Table.RecordDelivery(ctx, a, delivery)
	if tableErr != nil {
		return h.finish(ctx, start, "error", line, errors.Join(err, tableErr))
	}
	line = append(line, slog.Bool("superseded", !current))
	return h.finish(ctx, start, string(delivery.Status), line, err)
}

// summarize turns what became of the images into what the table shows, and an
// error if any is missing: for the dead-letter queue if it can't be mended, for
// Lambda's retry if it can.
func summarize(results []copied) (tasktable.Delivery, error) {
	delivery := tasktable.Delivery{Status: tasktable.Delivered, URIs: []string{}}
	var errs []error
	permanent := true
	for _, result := range results {
		if result.err != nil {
			errs = append(errs, result.err)
			permanent = permanent && result.permanent
			continue
		}
		delivery.URIs = append(delivery.URIs, result.uri)
	}
	if len(errs) == 0 {
		return delivery, nil
	}
	delivery.Status = tasktable.Delivering
	if permanent {
		delivery.Status = tasktable.DeliveryFailed
	}
	err := fmt.Errorf("%d of %d images are not delivered: %w", len(errs), len(results), errors.Join(errs...))
	delivery.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
	return delivery, err
}

// finish logs an announcement's outcome in one line and returns its error.
func (h *Handler) finish(ctx context.Context, start time.Time, outcome string, line []slog.Attr, err error) error {
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	line = append(line, slog.String("outcome", outcome),
		slog.Float64("duration_ms", float64(h.Now().Sub(start).Microseconds())/1000))
	h.Log.LogAttrs(ctx, level, "delivery", line...)
	return err
}
