package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deliverykey"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
)

// The time of an invocation that is kept back: from copying, to record what
// has been copied; and from recording, to log and answer.
const (
	recordReserve = 10 * time.Second
	answerReserve = time.Second
)

// notUnderstood is the outcome of a message that is not an announcement.
const notUnderstood = "not_understood"

// Handler delivers finished tasks' images. It may be called from several
// goroutines.
type Handler struct {
	Table  *tasktable.Table
	Copier *Copier
	// Prefix comes before every source key; {task_id} and {runtime} in it are
	// the announcement's.
	Prefix string
	// DeliverOutput also delivers the raw output of a completed task, and the
	// error report of a failed one.
	DeliverOutput bool
	// Events publishes what became of a completed task; nil if the deployment has no task events.
	Events *taskevent.Publisher
	Log    *slog.Logger
	Now    func() time.Time
	// Namespace is the CloudWatch namespace of the metrics.
	Namespace string
}

// Handle delivers what each announcement of an SNS event names. What is there
// already is not copied again, so Lambda may retry the whole event.
func (h *Handler) Handle(ctx context.Context, event events.SNSEvent) error {
	return function.EachMessage(event, func(message events.SNSEntity) error { return h.deliver(ctx, message) })
}

// deliver copies what one announcement names and records what became of it.
func (h *Handler) deliver(ctx context.Context, message events.SNSEntity) error {
	r := report{start: h.Now(), messageID: message.MessageID}
	a, err := announcement.FromSNS(message)
	if err != nil {
		// record fails on the message as well. One dead letter is enough: to
		// redrive it runs both functions.
		_ = h.log(ctx, r, notUnderstood, err)
		return nil
	}
	r.announcement = a
	uris := h.deliverables(a)
	if uris == nil {
		return h.log(ctx, r, "nothing_to_deliver", nil)
	}
	copyCtx, cancel := function.WorkContext(ctx, recordReserve)
	defer cancel()
	r.results = h.Copier.CopyAll(copyCtx, uris, deliverykey.Prefix(h.Prefix, a))

	recordCtx, cancel := function.WorkContext(ctx, answerReserve)
	defer cancel()
	if err := h.credit(recordCtx, a, r.results); err != nil {
		return h.log(ctx, r, "error", err)
	}
	delivery, err := summarize(a, r.results)
	delivery.At = h.Now()
	recorded, concludeErr := h.conclude(recordCtx, &r, delivery)
	if !recorded {
		return h.log(ctx, r, "error", errors.Join(err, concludeErr))
	}
	return h.log(ctx, r, string(delivery.Status), errors.Join(err, concludeErr))
}

// conclude records a delivery, and publishes its event. Lambda retries neither for reconcile, which does not repair
// what is recorded: its announcements are published first.
func (h *Handler) conclude(ctx context.Context, r *report, d tasktable.Delivery) (recorded bool, err error) {
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
	if !lost && !h.wasComplete(ctx, r, d) {
		r.event, err = h.publish(ctx, a, d)
	}
	return true, err
}

// credit counts as delivered what the task's item says is delivered, if it is
// there and its source is not: a source may be removed once it is delivered, and
// nothing else proves the copy then.
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

// deliverables are the URIs to deliver, images first; nil if the announcement
// has nothing that this deployment delivers.
func (h *Handler) deliverables(a announcement.Announcement) []string {
	switch {
	case a.Status == announcement.Completed && h.DeliverOutput && a.OutputURL != "":
		return append(slices.Clone(a.ImageURLs), a.OutputURL)
	case a.Status == announcement.Completed:
		return append([]string{}, a.ImageURLs...)
	case a.Status == announcement.Failed && h.DeliverOutput && a.OutputURL != "":
		return []string{a.OutputURL}
	}
	return nil
}

// summarize turns what became of the objects into what the table shows, and an
// error if any is missing, for Lambda's retries and the dead-letter queue. An
// attempt does not know whether it is the last one, so each that ends with an
// error says failed; a later one may still replace that with delivered.
func summarize(a announcement.Announcement, results []copied) (tasktable.Delivery, error) {
	delivery := tasktable.Delivery{Status: tasktable.Delivered, URIs: []string{}}
	if a.Status == announcement.Completed && len(a.ImageURLs) == 0 {
		delivery.Status = tasktable.DeliveryEmpty
	}
	var failures []*objectFailure
	for _, result := range results {
		if result.failure != nil {
			failures = append(failures, result.failure)
			continue
		}
		delivery.URIs = append(delivery.URIs, result.uri)
		if result.empty {
			delivery.Empty = append(delivery.Empty, result.uri)
		}
	}
	if len(failures) == 0 {
		return delivery, nil
	}
	delivery.Status = tasktable.DeliveryFailed
	err := failed(failures, len(results))
	delivery.Error = err.Error()
	return delivery, err
}

// failed names the first few failures, the permanent ones first: a person can
// do something about those.
func failed(failures []*objectFailure, of int) error {
	const most = 3
	slices.SortStableFunc(failures, func(x, y *objectFailure) int {
		return cmp.Compare(rank(x.kind), rank(y.kind))
	})
	var reasons []string
	for _, f := range failures[:min(most, len(failures))] {
		reasons = append(reasons, f.err.Error())
	}
	if more := len(failures) - most; more > 0 {
		reasons = append(reasons, fmt.Sprintf("and %d more", more))
	}
	err := fmt.Errorf("%d of %d objects are not delivered: %s", len(failures), of, strings.Join(reasons, "; "))
	return failure.Of(failure.NotDelivered, err)
}

func rank(k *kind) int {
	if k.permanent {
		return 0
	}
	return 1
}

// maxQuotedBytes is how much of a message an error quotes: Lambda keeps 1 KB of an error in a dead letter.
const maxQuotedBytes = 200

func clip(s string) string { return fmt.Sprintf("%q", announcement.Clip(s, maxQuotedBytes)) }
