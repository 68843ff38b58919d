package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

// reserve is the time of an invocation that is kept back to answer.
const reserve = 15 * time.Second

// listTimeout is how long one attempt at a listing may take: S3 may look through
// many deleted objects for one page.
const listTimeout = 30 * time.Second

// longLists gives requests to S3 more time than other requests have.
func longLists(o *s3.Options) {
	o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(listTimeout)
}

// Handler compares and repairs. It may be called from several goroutines, and
// several calls may do the same work at once: the functions are idempotent.
type Handler struct {
	// Source and Destination are clients of the output bucket's and the delivery
	// bucket's Region.
	Source, Destination *s3.Client
	Table               *tasktable.Table
	Invoker             *invocation.Invoker
	Environment         environment.Reconcile
	Log                 *slog.Logger
	Now                 func() time.Time
}

// Handle compares what the request asks for, and repairs it if that is asked for.
// If its time does not suffice, the answer says where to continue. The error comes
// from S3 or DynamoDB, or the request is invalid; what has been repaired stays
// repaired.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (reconciliation.Answer, error) {
	request, err := reconciliation.Parse(event)
	if err != nil {
		return reconciliation.Answer{}, err
	}
	if h.mixesCopies() {
		return reconciliation.Answer{}, errors.New("images are delivered to the output bucket, and deliveryPrefix " +
			"begins with a placeholder: copies can't be told from results; let deliveryPrefix begin with a fixed folder")
	}
	workCtx, cancel := function.WorkContext(ctx, reserve)
	defer cancel()
	c := newComparison(h, request, h.stopTime(workCtx, request))
	defer c.pace.Stop()
	err = c.run(workCtx)
	answer := c.result()
	if errors.Is(err, context.DeadlineExceeded) && workCtx.Err() != nil && ctx.Err() == nil {
		err = nil // its time was over, not a request's
	}
	if err == nil && request.LastHours > 0 {
		err = unfinished(answer)
	}
	return answer, h.log(ctx, request, answer, err)
}

// ending is the time that a worker has, once it takes nothing new, to compare and
// to repair what it has: some hundred runs.
const ending = time.Minute

// stopTime is when workers take nothing new; zero is never.
func (h *Handler) stopTime(ctx context.Context, request reconciliation.Request) (stop time.Time) {
	now := time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		stop = deadline.Add(-min(ending, deadline.Sub(now)/2))
	}
	if request.Seconds == 0 {
		return stop
	}
	asked := now.Add(time.Duration(request.Seconds) * time.Second)
	if stop.IsZero() || asked.Before(stop) {
		return asked
	}
	return stop
}

// unfinished is why a schedule's invocation, whose answer nobody reads, has not done
// what it was to do.
func unfinished(answer reconciliation.Answer) error {
	switch {
	case len(answer.More) > 0:
		return fmt.Errorf("the time was over after %d objects: this bucket is too large for a schedule; "+
			"run sdtasks reconcile --repair --inventory instead", answer.Objects)
	case answer.Failed > 0:
		return fmt.Errorf("%d runs could not be repaired: sdtasks reconcile --repair tells why", answer.Failed)
	}
	return nil
}

// copies is the folder of the output bucket that copies are delivered to; "" if
// they are delivered elsewhere.
func (h *Handler) copies() string {
	if h.Environment.DeliveryBucket != h.Environment.OutputBucket {
		return ""
	}
	fixed, _, _ := strings.Cut(h.Environment.DeliveryPrefix, "{")
	return fixed
}

// mixesCopies tells whether a key of the output bucket may be a copy's anywhere.
func (h *Handler) mixesCopies() bool {
	return h.Environment.DeliveryBucket == h.Environment.OutputBucket && h.copies() == ""
}

// parts are the ranges of the bucket to look at.
func parts(request reconciliation.Request) []reconciliation.Range {
	if len(request.Continue) > 0 {
		return request.Continue
	}
	if len(request.Outputs) == 0 {
		return []reconciliation.Range{{}}
	}
	var all []reconciliation.Range
	for _, key := range request.Outputs { // the raw output is the last of its run
		all = append(all, reconciliation.Range{After: strings.TrimSuffix(key, ".out"), To: key})
	}
	return all
}

// period is when the runs to look at must have ended: at or after since, and
// before until.
func period(request reconciliation.Request, now time.Time) (since, until time.Time) {
	since, until = request.Since, request.Until
	if until.IsZero() {
		until = now.Add(-reconciliation.Settled)
	}
	if request.LastHours > 0 {
		since = until.Add(-time.Duration(request.LastHours) * time.Hour)
	}
	return since, until
}
