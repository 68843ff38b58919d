package deadletter

import (
	"context"
	"maps"
	"slices"
	"strconv"
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

// action does something to up to ten letters, and returns the entries that it
// failed on. An entry's ID is its index.
type action func(context.Context, []receipt) ([]types.BatchResultErrorEntry, error)

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
		entries, err := do(ctx, batch)
		if err != nil {
			for _, x := range batch {
				failed[x.id] = err
			}
			return failed
		}
		again := collect(batch, entries, failed)
		if len(again) == 0 || attempt == attempts-1 || pause.For(ctx, retryDelay<<attempt) != nil {
			return failed
		}
		for _, x := range again {
			delete(failed, x.id)
		}
		batch = again
	}
	return failed
}

// collect adds the errors of a batch's entries to failed, and returns those that
// are worth another attempt.
func collect(batch []receipt, entries []types.BatchResultErrorEntry, failed map[string]error) (again []receipt) {
	for _, entry := range entries {
		i, err := strconv.Atoi(aws.ToString(entry.Id))
		if err != nil || i < 0 || i >= len(batch) {
			continue
		}
		failed[batch[i].id] = entryError(entry)
		if !entry.SenderFault {
			again = append(again, batch[i])
		}
	}
	return again
}

func entryError(entry types.BatchResultErrorEntry) error {
	fault := smithy.FaultServer
	if entry.SenderFault {
		fault = smithy.FaultClient
	}
	return &smithy.GenericAPIError{
		Code: aws.ToString(entry.Code), Message: aws.ToString(entry.Message), Fault: fault,
	}
}
