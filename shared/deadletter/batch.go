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
	// batchSize is the maximum number of messages in a request to SQS.
	batchSize = 10
	// inFlight is how many batch requests run at once.
	inFlight = 10
	// attempts is the maximum number of attempts of an entry that fails in SQS.
	attempts = 3
	// retryDelay is the wait before the second attempt; it doubles.
	retryDelay = 100 * time.Millisecond
)

// action is a batch request for up to ten letters. It returns the IDs of the letters
// for which it succeeded, and the failed entries. An entry's ID is the letter's, a UUID.
type action func(context.Context, []receipt) (done []string, failed []types.BatchResultErrorEntry, err error)

// errUnlisted is the error of a letter that SQS may not have changed.
var errUnlisted = errors.New("SQS lists it neither as successful nor as failed")

// inBatches runs an action on letters in concurrent batches of ten, and returns the
// errors by letter ID.
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

// retried runs an action on a batch, and retries the failed entries. The SDK doesn't,
// because a batch request succeeds even if some entries fail ("Amazon SQS batch
// actions").
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
