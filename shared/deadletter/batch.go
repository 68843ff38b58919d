package deadletter

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"sdtasktracker/shared/pause"
)

const (
	// batchSize is how many messages one request of SQS's takes at most.
	batchSize = 10
	// inFlight is how many such requests are made at once.
	inFlight = 10
	// attempts are made of each entry in a batch that SQS fails on.
	attempts = 3
	// retryDelay is the wait before the second attempt; it doubles.
	retryDelay = 100 * time.Millisecond
)

// action does something to up to ten letters, and returns the IDs of those that it
// succeeded with, and the entries that it failed on. An entry's ID is the letter's, a UUID.
type action func(context.Context, []receipt) (done []string, failed []types.BatchResultErrorEntry, err error)

// errUnlisted is the error of a letter that may be as it was.
var errUnlisted = errors.New("SQS lists it neither as successful nor as failed")

// inBatches does something to letters, ten at a time and several tens at once,
// and returns the errors of those that it failed on, by ID.
func inBatches(ctx context.Context, receipts []receipt, do action) map[string]error {
	var mutex sync.Mutex
	var flight errgroup.Group
	flight.SetLimit(inFlight)
	failed := map[string]error{}
	for batch := range slices.Chunk(receipts, batchSize) {
		flight.Go(func() error {
			errs := retried(ctx, batch, do)
			mutex.Lock()
			defer mutex.Unlock()
			maps.Copy(failed, errs)
			return nil
		})
	}
	_ = flight.Wait() // each letter has its own error
	return failed
}

// retried does something to one batch. A batch request succeeds even if some of
// its entries fail ("Amazon SQS batch actions"): the SDK does not retry those.
func retried(ctx context.Context, batch []receipt, do action) map[string]error {
	failed := map[string]error{}
	for attempt := range attempts {
		done, entries, err := do(ctx, batch)
		again := map[string]bool{}
		for _, x := range batch {
			failed[x.id], again[x.id] = cmp.Or(err, errUnlisted), err == nil
		}
		for _, id := range done {
			delete(failed, id)
			delete(again, id)
		}
		for _, entry := range entries {
			id := aws.ToString(entry.Id)
			failed[id] = &smithy.GenericAPIError{Code: aws.ToString(entry.Code), Message: aws.ToString(entry.Message)}
			again[id] = !entry.SenderFault
		}
		batch = slices.DeleteFunc(slices.Clone(batch), func(x receipt) bool { return !again[x.id] })
		if len(batch) == 0 || attempt == attempts-1 || pause.For(ctx, retryDelay<<attempt) != nil {
			break
		}
	}
	return failed
}
