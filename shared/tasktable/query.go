package tasktable

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/announcement"
)

// ErrNotFound is the error for a task that the table doesn't have.
var ErrNotFound = errors.New("no such task")

// Get reads one task with strongly consistent reads. The guidance's API answers
// callers with ids of any length, but since v1.2.0 the guidance announces only the
// first 64 characters. If the table has no task with a longer id, Get reads the task
// with the announced id.
//
// The error wraps [ErrNotFound] or comes from DynamoDB. DynamoDB deletes expired
// items late; Get treats them as deleted.
func (t *Table) Get(ctx context.Context, taskID string) (Task, error) {
	details, err := t.Details(ctx, taskID)
	return details.Task, err
}

// Details reads one task as [Table.Get] does.
func (t *Table) Details(ctx context.Context, taskID string) (Details, error) {
	found, err := t.read(ctx, taskID)
	if announced := announcement.AnnouncedID(taskID); announced != taskID && errors.Is(err, ErrNotFound) {
		found, err = t.read(ctx, announced)
	}
	if err != nil {
		return Details{}, fmt.Errorf("get task %q from table %s: %w", taskID, t.Name, err)
	}
	return Details{newTask(found), found}, nil
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

// Page sizes of a list, in items. The first page is as large as what a person looks
// at. Each page is pageGrowth times larger than the previous page, up to maxPage,
// which is about the megabyte that DynamoDB's answers may have.
const (
	firstPage  = 100
	pageGrowth = 4
	maxPage    = 6400
)

// Between yields the tasks with a status whose updated_at is from since to until,
// inclusive, the most recently updated first. It reads the status index, which is
// eventually consistent, page by page, only as far as the caller iterates. An error
// ends the sequence.
func (t *Table) Between(
	ctx context.Context, status announcement.Status, since, until time.Time,
) iter.Seq2[Task, error] {
	return t.between(ctx, StatusIndex, StatusIndexPartitionKey, string(status), since, until)
}

// between is like Between, for any index that is sorted by updated_at.
func (t *Table) between(
	ctx context.Context, index, partitionKey, value string, since, until time.Time,
) iter.Seq2[Task, error] {
	if until.Before(since) { // DynamoDB refuses that
		return func(func(Task, error) bool) {}
	}
	return t.all(ctx, dynamodb.QueryInput{
		IndexName:              aws.String(index),
		KeyConditionExpression: aws.String("#" + partitionKey + " = :value AND #updated_at BETWEEN :since AND :until"),
		FilterExpression:       aws.String(notExpired),
		ExpressionAttributeValues: item{
			":value": text(value),
			":since": text(announcement.FormatTime(since)), ":until": text(announcement.FormatTime(until)),
		},
		ScanIndexForward: aws.Bool(false),
		Limit:            aws.Int32(firstPage),
	})
}

// RunningLongerThan yields the tasks that, at the time now, have been running for
// longer than d since their first start after the last end. They hang, crash their
// runtime again and again, or their end was never announced. It reads the index
// entries of all running tasks. An error ends the sequence.
func (t *Table) RunningLongerThan(ctx context.Context, d time.Duration, now time.Time) iter.Seq2[Task, error] {
	return t.all(ctx, dynamodb.QueryInput{
		IndexName:              aws.String(StatusIndex),
		KeyConditionExpression: aws.String("#status = :status"),
		FilterExpression:       aws.String("(" + notExpired + ") AND #first_started_at < :before"),
		ExpressionAttributeValues: item{
			":status": text(string(announcement.Running)), ":before": text(announcement.FormatTime(now.Add(-d))),
		},
	})
}

// How long a task may be queued or running before an alarm goes off. Within an hour, a cluster has started new
// machines. The default of sdtasks stuck, ten minutes, is too short for an alarm: a few tasks run that long.
const (
	MaxQueued  = time.Hour
	MaxRunning = time.Hour
)

// QueuedLongerThan yields the tasks that, at the time now, have been queued for longer than d, the longest first. An
// error ends the sequence.
func (t *Table) QueuedLongerThan(ctx context.Context, d time.Duration, now time.Time) iter.Seq2[Task, error] {
	return t.all(ctx, dynamodb.QueryInput{
		IndexName:              aws.String(StatusIndex),
		KeyConditionExpression: aws.String("#status = :status AND #updated_at < :before"),
		FilterExpression:       aws.String(notExpired),
		ExpressionAttributeValues: item{
			":status": text(string(announcement.Queued)), ":before": text(announcement.FormatTime(now.Add(-d))),
		},
	})
}

// notExpired is the condition that a task's item is not expired. DynamoDB deletes expired items late.
const notExpired = "attribute_not_exists(#expires_at) OR #expires_at > :now"

// all yields the tasks that a query finds. If the query has a limit, it grows with each page.
func (t *Table) all(ctx context.Context, q dynamodb.QueryInput) iter.Seq2[Task, error] {
	q.TableName = aws.String(t.Name)
	q.ExpressionAttributeNames = namesIn(*q.KeyConditionExpression + " " + *q.FilterExpression)
	q.ExpressionAttributeValues[":now"] = number(time.Now().Unix())
	return func(yield func(Task, error) bool) {
		for q := q; ; { // each iteration of the sequence starts from the first page
			page, err := t.Client.Query(ctx, &q)
			if err != nil {
				yield(Task{}, fmt.Errorf("list tasks of table %s: %w", t.Name, err))
				return
			}
			for _, found := range page.Items {
				if !yield(newTask(found), nil) {
					return
				}
			}
			if page.LastEvaluatedKey == nil {
				return
			}
			q.ExclusiveStartKey = page.LastEvaluatedKey
			if q.Limit != nil {
				q.Limit = aws.Int32(min(*q.Limit*pageGrowth, maxPage))
			}
		}
	}
}

// Statuses has all statuses of tasks. Tasks are queued only if the deployment records requests.
var Statuses = []announcement.Status{
	announcement.Queued, announcement.Running, announcement.Completed, announcement.Failed,
}

// ClockSkew is how far the guidance's clock may be ahead of this machine's: updated_at may be in the future.
const ClockSkew = 24 * time.Hour
