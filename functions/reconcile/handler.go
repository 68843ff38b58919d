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

// reserve is the time at the end of an invocation to answer.
const reserve = 15 * time.Second

// listTimeout is the timeout of one attempt at a listing. S3 may have to skip many deleted objects
// to fill a page.
const listTimeout = 30 * time.Second

// longLists gives S3 requests the timeout of listings.
func longLists(o *s3.Options) {
	o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(listTimeout)
}

// Handler compares and repairs. It is safe for concurrent use. Several calls may repair the same
// runs, because the functions are idempotent.
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

// Handle compares the requested part of the output bucket with the task table and the delivery
// bucket, and repairs it if the request says so. If time runs out first, the answer says where to
// continue. After an error, some runs may have been repaired.
func (h *Handler) Handle(ctx context.Context, event json.RawMessage) (reconciliation.Answer, error) {
	request, err := reconciliation.Parse(event)
	if err != nil {
		return reconciliation.Answer{}, h.log(ctx, request, reconciliation.Answer{}, err)
	}
	if request.Overdue {
		return reconciliation.Answer{}, h.countOverdue(ctx)
	}
	if folder, here := h.copies(); here && folder == "" {
		err := errors.New("reconcile cannot tell copies from results, because images are delivered to the output bucket: " +
			"set a deliveryPrefix that begins with a fixed folder")
		return reconciliation.Answer{}, h.log(ctx, request, reconciliation.Answer{}, err)
	}
	workCtx, cancel := function.WorkContext(ctx, reserve)
	defer cancel()
	c := newComparison(h, request, stopTime(workCtx, request))
	err = c.run(workCtx)
	answer := c.result()
	if errors.Is(err, context.DeadlineExceeded) && workCtx.Err() != nil && ctx.Err() == nil {
		err = nil // time ran out for the invocation, not for a request
	}
	if err == nil && request.LastHours > 0 {
		err = unfinished(answer)
	}
	return answer, h.log(ctx, request, answer, err)
}

// ending is how long before the deadline workers stop listing. They then compare and repair the
// runs that they have listed, a few hundred.
const ending = time.Minute

// stopTime returns when workers stop listing; zero for never.
func stopTime(ctx context.Context, request reconciliation.Request) (stop time.Time) {
	now := time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		stop = deadline.Add(-min(ending, deadline.Sub(now)/2))
	}
	requested := now.Add(time.Duration(request.Seconds) * time.Second)
	if request.Seconds > 0 && (stop.IsZero() || requested.Before(stop)) {
		return requested
	}
	return stop
}

// unfinished returns an error if the answer says that work is left. Nobody reads the answer to a
// scheduled invocation.
func unfinished(answer reconciliation.Answer) error {
	switch {
	case len(answer.More) > 0:
		return fmt.Errorf("time ran out after %d objects: the output bucket is too large for a schedule; "+
			"run sdtasks reconcile --repair --inventory instead", answer.Objects)
	case answer.Failed > 0:
		return fmt.Errorf("repairs failed: %d. Run sdtasks reconcile --repair to see why", answer.Failed)
	}
	return nil
}

// copies returns the fixed part at the beginning of the copies' keys. here reports whether the
// copies are in the output bucket.
func (h *Handler) copies() (folder string, here bool) {
	folder, _, _ = strings.Cut(h.Environment.DeliveryPrefix, "{")
	return folder, h.Environment.DeliveryBucket == h.Environment.OutputBucket
}

// parts returns the ranges of the bucket to list.
func parts(request reconciliation.Request) []reconciliation.Range {
	if len(request.Continue) > 0 {
		return request.Continue
	}
	if len(request.Outputs) == 0 {
		return []reconciliation.Range{{}}
	}
	var all []reconciliation.Range
	for _, key := range request.Outputs { // the raw output's key is the last of its run
		all = append(all, reconciliation.Range{After: strings.TrimSuffix(key, ".out"), To: key})
	}
	return all
}

// period returns the period of the runs to compare. They ended at or after since. A run that ended
// at or after settled is pending unless it agrees.
func period(request reconciliation.Request, now time.Time) (since, settled time.Time) {
	since, settled = request.Since, request.Until
	if settled.IsZero() {
		settled = now.Add(-reconciliation.Settled)
	}
	if request.LastHours > 0 {
		since = settled.Add(-time.Duration(request.LastHours) * time.Hour)
	}
	return since, settled
}
