package tasktable

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/pause"
)

// MaxInBatch is the maximum number of tasks that [Table.Batch] reads ("BatchGetItem",
// Amazon DynamoDB API Reference).
const MaxInBatch = 100

// batchAttributes returns the attributes that Batch reads: all except the request, the unknown fields and, unless
// contexts is true, the context.
func batchAttributes(contexts bool) []string {
	return namesOf(func(a Attribute) bool {
		if strings.HasPrefix(a.Name, attrContext) {
			return contexts
		}
		return !strings.HasPrefix(a.Name, attrExtra) && a.Name != attrRequest
	})
}

// Batch reads tasks with strongly consistent reads, in one request unless
// DynamoDB leaves some of them out: it answers with at most 16 MB, and throttles
// single keys. The result lacks tasks that do not exist or are expired. There may be
// at most [MaxInBatch] ids; they must be different, and not longer than
// [announcement.MaxIDBytes]. The tasks have their contexts only if contexts is true.
//
// Errors come from DynamoDB or from ctx.
func (t *Table) Batch(ctx context.Context, ids []string, contexts bool) (map[string]Details, error) {
	return t.batch(ctx, ids, batchAttributes(contexts))
}

// BatchDetails reads tasks as [Table.Batch] does, with every attribute of their items.
func (t *Table) BatchDetails(ctx context.Context, ids []string) (map[string]Details, error) {
	return t.batch(ctx, ids, namesOf(func(Attribute) bool { return true }))
}

// AddOmitted adds the attributes that lists omit, Caller, Request and DeliveryError, to the wanted tasks of a list. It
// reads [MaxInBatch] items per request.
func (t *Table) AddOmitted(ctx context.Context, tasks []Task, wanted func(Task) bool) error {
	places := map[string][]*Task{} // an index may have a task twice while its status changes
	for i, task := range tasks {
		if wanted(task) {
			places[task.ID] = append(places[task.ID], &tasks[i])
		}
	}
	attributes := []string{attrTaskID, attrExpiresAt, attrCaller, attrRequest, attrDeliveryError}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(places)), MaxInBatch) {
		found, err := t.batch(ctx, ids, attributes)
		if err != nil {
			return err
		}
		for id, whole := range found {
			for _, task := range places[id] {
				task.Caller, task.Request, task.DeliveryError = whole.Task.Caller, whole.Task.Request, whole.Task.DeliveryError
			}
		}
	}
	return nil
}

// batch reads attributes of tasks, except expired tasks.
func (t *Table) batch(ctx context.Context, ids, attributes []string) (map[string]Details, error) {
	tasks := make(map[string]Details, len(ids))
	expression := "#" + strings.Join(attributes, ", #")
	wanted := map[string][]string{} // ids by the items' keys
	for _, id := range ids {
		key := stringOf(t.key(id), PartitionKey)
		wanted[key] = append(wanted[key], id)
	}
	keys := make([]item, 0, len(wanted))
	for key := range wanted {
		keys = append(keys, primaryKey(key))
	}
	for delay := 50 * time.Millisecond; len(keys) > 0; delay = min(2*delay, 5*time.Second) {
		out, err := t.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{t.Name: {
				Keys: keys, ConsistentRead: aws.Bool(true),
				ProjectionExpression: aws.String(expression), ExpressionAttributeNames: namesIn(expression),
			}},
		})
		if err != nil {
			return nil, fmt.Errorf("get %d tasks from table %s: %w", len(keys), t.Name, err)
		}
		for _, found := range out.Responses[t.Name] {
			if expires := numberOf(found, attrExpiresAt); expires <= 0 || expires > time.Now().Unix() {
				for _, id := range wanted[stringOf(found, attrTaskID)] {
					tasks[id] = Details{newTask(found), found}
				}
			}
		}
		if keys = out.UnprocessedKeys[t.Name].Keys; len(keys) > 0 {
			if err := pause.For(ctx, delay); err != nil {
				return nil, fmt.Errorf("get %d tasks, which DynamoDB left out: %w", len(keys), err)
			}
		}
	}
	return tasks, nil
}
