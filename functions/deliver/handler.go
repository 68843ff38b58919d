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
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// Before an invocation's deadline, recordReserve is the time to record the delivery, and answerReserve
// the time to log and answer.
const (
	recordReserve = 10 * time.Second
	answerReserve = time.Second
)

// The outcomes of a message that is not an announcement, and of an announcement without objects.
const (
	notUnderstood    = "not_understood"
	nothingToDeliver = "nothing_to_deliver"
)

// Handler delivers finished tasks' images. It is safe for concurrent use.
type Handler struct {
	Table       *tasktable.Table
	Copier      *Copier
	Environment environment.Deliver
	// Events publishes the deliveries of completed tasks; nil if the deployment has no task events.
	Events *taskevent.Publisher
	Log    *slog.Logger
	Now    func() time.Time
}

// Handle delivers the objects of each announcement in an SNS event. It doesn't copy an object whose
// copy already exists, so Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	return function.EachMessage(event, func(message events.SNSEntity) error { return h.deliver(ctx, message) })
}

// deliver copies the objects of one announcement, and records the delivery.
func (h *Handler) deliver(ctx context.Context, message events.SNSEntity) error {
	r := report{start: h.Now(), messageID: message.MessageID}
	if topic := h.Environment.InputTopic; topic != "" && message.TopicArn == topic { // a redrive brings requests here
		return h.log(ctx, r, nothingToDeliver, nil)
	}
	a, err := announcement.FromSNS(message)
	if err != nil {
		// record fails on the message, too. Its dead letter is enough, because redriving it
		// invokes both functions.
		_ = h.log(ctx, r, notUnderstood, err)
		return nil
	}
	r.announcement = a
	uris, ok := delivery.URIs(a, h.Environment.DeliverOutput)
	if !ok {
		return h.log(ctx, r, nothingToDeliver, nil)
	}
	recordCtx, cancel := function.WorkContext(ctx, answerReserve)
	defer cancel()
	read := h.reader(recordCtx, a.TaskID)
	if a, err = h.restore(a, read); err != nil {
		return h.log(ctx, r, "error", err)
	}
	r.announcement = a
	copyCtx, cancel := function.WorkContext(ctx, recordReserve)
	defer cancel()
	r.results = h.Copier.CopyAll(copyCtx, uris, delivery.Prefix(h.Environment.DeliveryPrefix, a))
	if err := credit(a, r.results, read); err != nil {
		return h.log(ctx, r, "error", err)
	}
	d, err := summarize(a, r.results)
	d.At = h.Now()
	recorded, concludeErr := h.conclude(recordCtx, &r, d, read)
	if !recorded {
		return h.log(ctx, r, "error", errors.Join(err, concludeErr))
	}
	return h.log(ctx, r, string(d.Status), errors.Join(err, concludeErr))
}

// conclude records a delivery, and then publishes its event. A reconstructed announcement has no retry, and reconcile
// doesn't repair a delivery that is recorded. So conclude records that delivery last.
func (h *Handler) conclude(
	ctx context.Context, r *report, d tasktable.Delivery, read readTask,
) (recorded bool, err error) {
	a := r.announcement
	lost := a.Source == announcement.Reconciled
	if lost {
		if r.event, err = h.publish(ctx, a, d); err != nil {
			return false, err
		}
	}
	current, err := h.Table.RecordDelivery(ctx, a, d)
	if err != nil {
		return false, err
	}
	r.superseded = !current
	if lost || h.Events == nil {
		return true, nil
	}
	if r.superseded && d.Status == tasktable.DeliveryFailed {
		if task, err := read(); err == nil && task.HasDelivered(a.MessageID) {
			return true, nil // a failure would contradict the event of that delivery
		}
	}
	r.event, err = h.publish(ctx, a, d)
	return true, err
}

// publish publishes the delivery of a completed task, even if an earlier attempt recorded the delivery: that attempt
// may have failed to publish it. record publishes the events of failed tasks. publish returns the event's kind, or ""
// if nothing is to be published.
func (h *Handler) publish(
	ctx context.Context, a announcement.Announcement, d tasktable.Delivery,
) (taskevent.Kind, error) {
	if h.Events == nil || a.Status != announcement.Completed {
		return "", nil
	}
	a.Caller, _ = a.ContextText(h.Environment.CallerContext)
	event := taskevent.Delivery(a, d)
	return event.Kind, h.Events.Publish(ctx, event)
}

// summarize returns the delivery to record, and an error if an object is missing, so that
// Lambda retries the event and then keeps it in the dead-letter queue. An attempt does not
// know whether it is the last. So each attempt with an error records failed, which a
// later attempt may replace with delivered.
func summarize(a announcement.Announcement, results []copied) (tasktable.Delivery, error) {
	d := tasktable.Delivery{Status: tasktable.Delivered, URIs: []string{}}
	if a.Status == announcement.Completed && len(a.ImageURLs) == 0 {
		d.Status = tasktable.DeliveryEmpty
	}
	var failures []*objectFailure
	for _, result := range results {
		if result.failure != nil {
			failures = append(failures, result.failure)
			continue
		}
		d.URIs = append(d.URIs, result.uri)
		if result.empty {
			d.Empty = append(d.Empty, result.uri)
		}
	}
	if len(failures) == 0 {
		return d, nil
	}
	d.Status = tasktable.DeliveryFailed
	err := failed(failures, len(results))
	d.Error = err.Error()
	return d, err
}

// maxReasons is how many failures an error names.
const maxReasons = 3

// failed returns an error that names the first few failures. Permanent failures come first, because a
// person can do something about them.
func failed(failures []*objectFailure, of int) error {
	var permanent, transient []string
	for _, f := range failures {
		if f.kind.permanent {
			permanent = append(permanent, f.err.Error())
		} else {
			transient = append(transient, f.err.Error())
		}
	}
	reasons := append(permanent, transient...)
	if more := len(reasons) - maxReasons; more > 0 {
		reasons = append(reasons[:maxReasons], fmt.Sprintf("and %d more", more))
	}
	err := fmt.Errorf("%d of %d objects are not delivered: %s", len(failures), of, strings.Join(reasons, "; "))
	return failure.Of(failure.NotDelivered, err)
}

// maxQuotedBytes is how much of a message an error quotes: Lambda keeps 1 KB of an error in a dead letter.
const maxQuotedBytes = 200

func clip(s string) string { return fmt.Sprintf("%q", announcement.Clip(s, maxQuotedBytes)) }
