package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/awserror"
)

// heartbeat is how often a reader looks for held letters that will soon be visible.
const heartbeat = 3 * time.Second

// visibility returns the visibility timeout of the letters of a reader that holds
// this many. It is short, so that the letters of a killed reader soon reach the next
// reader. It grows with the number of letters, so that the reader can hide all of
// them again in time, even if SQS takes half a second for a request of ten.
func visibility(held int) time.Duration {
	return 15*time.Second + time.Duration(held/100)*time.Second
}

// beat keeps the held letters hidden.
func (r *Reader) beat(ctx context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.renew(ctx)
		}
	}
}

// renew extends the visibility timeout of letters whose remaining time is less than
// half of it. If that fails, a letter reappears early: this reader does not hand it
// out again, but others may.
func (r *Reader) renew(ctx context.Context) {
	r.mutex.Lock()
	timeout := visibility(len(r.held))
	now := time.Now()
	var receipts []receipt
	for _, x := range r.held {
		if x.until.Before(now.Add(timeout / 2)) {
			receipts = append(receipts, x)
		}
	}
	r.mutex.Unlock()
	failed := inBatches(ctx, receipts, r.hide(timeout))
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, x := range receipts {
		switch err := failed[x.id]; {
		case r.held[x.id].handle != x.handle: // deleted meanwhile, or received again
		case err == nil:
			x.until = now.Add(timeout)
			r.held[x.id] = x
		case notHeld(err):
			delete(r.held, x.id)
		}
	}
}

// hide returns an action that sets letters' visibility timeout, from now on.
func (r *Reader) hide(timeout time.Duration) action {
	return func(ctx context.Context, batch []receipt) (done []string, failed []types.BatchResultErrorEntry, err error) {
		var entries []types.ChangeMessageVisibilityBatchRequestEntry
		for _, x := range batch {
			entries = append(entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(x.id), ReceiptHandle: aws.String(x.handle), VisibilityTimeout: int32(timeout.Seconds()),
			})
		}
		out, err := r.client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
			QueueUrl: r.url, Entries: entries,
		})
		if err != nil {
			return nil, nil, err
		}
		for _, entry := range out.Successful {
			done = append(done, aws.ToString(entry.Id))
		}
		return done, out.Failed, nil
	}
}

// Close makes every letter that was not deleted visible again.
func (r *Reader) Close(ctx context.Context) error {
	r.stop()
	r.beats.Wait()
	var receipts []receipt
	for _, x := range r.held {
		receipts = append(receipts, x)
	}
	var errs []error
	for _, err := range inBatches(ctx, receipts, r.hide(0)) {
		if !notHeld(err) {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("make dead letters visible again: it failed for %d, hidden for up to %v: %w",
		len(errs), visibility(len(receipts)), errors.Join(errs[:min(3, len(errs))]...))
}

// notHeld reports whether SQS refused a receipt because its letter is already
// visible, is deleted, or is held by another reader.
func notHeld(err error) bool {
	return slices.Contains([]string{"MessageNotInflight", "ReceiptHandleIsInvalid",
		"AWS.SimpleQueueService.MessageNotInflight"}, awserror.Code(err))
}
