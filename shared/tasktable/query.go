package tasktable

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/announcement"
)

// ErrNotFound says that the table has no such task.
var ErrNotFound = errors.New("no such task")

// Get reads one task with strongly consistent reads. The publisher's API answers
// callers with ids of any length, but its releases since v1.2.0 announce the
// first 64 characters only: if there is no task with a longer id, Get reads the
// one with the announced id.
//
// Get's error wraps [ErrNotFound] or comes from DynamoDB. DynamoDB deletes
// expired items late; Get treats them as deleted.
func (t *Table) Get(ctx context.Context, taskID string) (Task, error) {
	found, err := t.find(ctx, taskID)
	if err != nil {
		return Task{}, err
	}
	return newTask(found), nil
}

// find reads an item by the task's id, whole or as announced.
func (t *Table) find(ctx context.Context, taskID string) (item, error) {
	found, err := t.read(ctx, taskID)
	if announced := announcement.AnnouncedID(taskID); announced != taskID && errors.Is(err, ErrNotFound) {
		found, err = t.read(ctx, announced)
	}
	if err != nil {
		return nil, fmt.Errorf("get task %q from table %s: %w", taskID, t.Name, err)
	}
	return found, nil
}

func (t *Table) read(ctx context.Context, taskID string) (item, error) {
	if len(taskID) > announcement.MaxIDBytes { // DynamoDB refuses such a key
		return nil, ErrNotFound
	}
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(t.Name),
		Key:            primaryKey(taskID),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	expires := numberOf(out.Item, attrExpiresAt)
	if out.Item == nil || expires > 0 && expires <= time.Now().Unix() {
		return nil, ErrNotFound
	}
	return out.Item, nil
}

// Newest lists at most limit tasks with a status, the most recently updated
// first; limit is 1 to 1,000. page is "" for the first page; next is the token
// of the following page, "" after the last. Newest reads the status index,
// which is eventually consistent.
func (t *Table) Newest(
	ctx context.Context, status announcement.Status, limit int32, page string,
) (tasks []Task, next string, err error) {
	q := t.statusQuery(status, "", "")
	q.ScanIndexForward = aws.Bool(false)
	if q.ExclusiveStartKey, err = decodePage(page); err != nil {
		return nil, "", err
	}
	for {
		q.Limit = aws.Int32(limit - int32(len(tasks)))
		out, err := t.Client.Query(ctx, q)
		if err != nil {
			return nil, "", fmt.Errorf("list %s tasks of table %s: %w", status, t.Name, err)
		}
		for _, found := range out.Items {
			tasks = append(tasks, newTask(found))
		}
		// DynamoDB applies the filter after the limit, so a page may be short.
		if int32(len(tasks)) >= limit || out.LastEvaluatedKey == nil {
			return tasks, encodePage(out.LastEvaluatedKey), nil
		}
		q.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// FailuresSince yields the tasks that failed at or after a time, oldest first.
// An error ends the sequence.
func (t *Table) FailuresSince(ctx context.Context, since time.Time) iter.Seq2[Task, error] {
	return t.all(ctx, t.statusQuery(announcement.Failed, ">=", announcement.FormatTime(since)))
}

// RunningLongerThan yields the tasks that, at the time now, have been running
// for longer than d, counted from the first start since the last end: they hang,
// crash their runtime again and again, or their end was never announced. It reads
// the index entries of all running tasks. An error ends the sequence.
func (t *Table) RunningLongerThan(ctx context.Context, d time.Duration, now time.Time) iter.Seq2[Task, error] {
	q := t.statusQuery(announcement.Running, "", "")
	q.FilterExpression = aws.String("(" + *q.FilterExpression + ") AND #first_started_at < :before")
	q.ExpressionAttributeNames["#first_started_at"] = attrFirstStartedAt
	q.ExpressionAttributeValues[":before"] = text(announcement.FormatTime(now.Add(-d)))
	return t.all(ctx, q)
}

func (t *Table) all(ctx context.Context, q *dynamodb.QueryInput) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		for pages := dynamodb.NewQueryPaginator(t.Client, q); pages.HasMorePages(); {
			out, err := pages.NextPage(ctx)
			if err != nil {
				yield(Task{}, fmt.Errorf("query table %s: %w", t.Name, err))
				return
			}
			for _, found := range out.Items {
				if !yield(newTask(found), nil) {
					return
				}
			}
		}
	}
}

// statusQuery asks the status index for the tasks with a status that have not
// expired. Unless comparison is "", updated_at must satisfy it too.
func (t *Table) statusQuery(status announcement.Status, comparison, updatedAt string) *dynamodb.QueryInput {
	q := &dynamodb.QueryInput{
		TableName:                aws.String(t.Name),
		IndexName:                aws.String(StatusIndex),
		KeyConditionExpression:   aws.String("#status = :status"),
		FilterExpression:         aws.String("attribute_not_exists(#expires_at) OR #expires_at > :now"),
		ExpressionAttributeNames: map[string]string{"#status": attrStatus, "#expires_at": attrExpiresAt},
		ExpressionAttributeValues: item{
			":status": text(string(status)), ":now": number(time.Now().Unix()),
		},
	}
	if comparison != "" {
		q.KeyConditionExpression = aws.String("#status = :status AND #updated_at " + comparison + " :updated_at")
		q.ExpressionAttributeNames["#updated_at"] = attrUpdatedAt
		q.ExpressionAttributeValues[":updated_at"] = text(updatedAt)
	}
	return q
}

// pageKeys are the keys of the last item on a page, which make up the token of
// the next.
var pageKeys = [...]string{PartitionKey, StatusIndexPartitionKey, StatusIndexSortKey}

func encodePage(key item) string {
	if key == nil {
		return ""
	}
	var values [len(pageKeys)]string
	for i, attribute := range pageKeys {
		values[i] = stringOf(key, attribute)
	}
	token, _ := json.Marshal(values) // strings always encode
	return base64.RawURLEncoding.EncodeToString(token)
}

func decodePage(token string) (item, error) {
	if token == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	var values [len(pageKeys)]string
	if err == nil {
		err = json.Unmarshal(data, &values)
	}
	if err != nil {
		return nil, fmt.Errorf("page %q was not returned by Newest: %w", token, err)
	}
	key := item{}
	for i, attribute := range pageKeys {
		key[attribute] = text(values[i])
	}
	return key, nil
}
