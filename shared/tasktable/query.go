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
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// ErrNotFound says that the table has no such task.
var ErrNotFound = errors.New("no such task")

// Get reads one task, strongly consistently. Its error is [ErrNotFound] or
// DynamoDB's. DynamoDB deletes expired items late; they count as gone.
func (t *Table) Get(ctx context.Context, taskID string) (Task, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(t.Name),
		Key:            map[string]types.AttributeValue{"task_id": text(taskID)},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Task{}, fmt.Errorf("get task %q from table %s: %w", taskID, t.Name, err)
	}
	task := newTask(out.Item)
	if out.Item == nil || !task.ExpiresAt.IsZero() && !task.ExpiresAt.After(time.Now()) {
		return Task{}, fmt.Errorf("get task %q from table %s: %w", taskID, t.Name, ErrNotFound)
	}
	return task, nil
}

// Newest lists the tasks with a status, the latest updated first: at most
// limit, from 1 to 1,000. next is the token of the following page, "" after the
// last. It reads the status index, which is eventually consistent.
func (t *Table) Newest(ctx context.Context, status announcement.Status, limit int32, page string) (tasks []Task, next string, err error) {
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
		for _, item := range out.Items {
			tasks = append(tasks, newTask(item))
		}
		// A page may be short: the filter comes after the limit.
		if int32(len(tasks)) >= limit || out.LastEvaluatedKey == nil {
			return tasks, encodePage(out.LastEvaluatedKey), nil
		}
		q.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// FailuresSince yields the tasks that failed at or after a time, the oldest
// first. An error ends the sequence.
func (t *Table) FailuresSince(ctx context.Context, since time.Time) iter.Seq2[Task, error] {
	return t.all(ctx, t.statusQuery(announcement.Failed, ">=", announcement.FormatTime(since)))
}

// RunningLongerThan yields the tasks that have been running for longer than d
// at the time now, the longest running first: they hang, or their end was never
// announced. An error ends the sequence.
func (t *Table) RunningLongerThan(ctx context.Context, d time.Duration, now time.Time) iter.Seq2[Task, error] {
	return t.all(ctx, t.statusQuery(announcement.Running, "<", announcement.FormatTime(now.Add(-d))))
}

func (t *Table) all(ctx context.Context, q *dynamodb.QueryInput) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		for pages := dynamodb.NewQueryPaginator(t.Client, q); pages.HasMorePages(); {
			out, err := pages.NextPage(ctx)
			if err != nil {
				yield(Task{}, fmt.Errorf("query table %s: %w", t.Name, err))
				return
			}
			for _, item := range out.Items {
				if !yield(newTask(item), nil) {
					return
				}
			}
		}
	}
}

// statusQuery asks the status index for the tasks of a status, and for a
// comparison of updated_at unless that is "".
func (t *Table) statusQuery(status announcement.Status, comparison, updatedAt string) *dynamodb.QueryInput {
	q := &dynamodb.QueryInput{
		TableName:                aws.String(t.Name),
		IndexName:                aws.String(StatusIndex),
		KeyConditionExpression:   aws.String("#status = :status"),
		FilterExpression:         aws.String("attribute_not_exists(#expires_at) OR #expires_at > :now"),
		ExpressionAttributeNames: map[string]string{"#status": "status", "#expires_at": "expires_at"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":status": text(string(status)), ":now": number(time.Now().Unix()),
		},
	}
	if comparison != "" {
		q.KeyConditionExpression = aws.String("#status = :status AND #updated_at " + comparison + " :updated_at")
		q.ExpressionAttributeNames["#updated_at"] = "updated_at"
		q.ExpressionAttributeValues[":updated_at"] = text(updatedAt)
	}
	return q
}

// A page's token is the key of the last item before it: three strings.

func encodePage(key map[string]types.AttributeValue) string {
	if key == nil {
		return ""
	}
	token, _ := json.Marshal([]string{stringOf(key, "task_id"), stringOf(key, "status"), stringOf(key, "updated_at")})
	return base64.RawURLEncoding.EncodeToString(token)
}

func decodePage(token string) (map[string]types.AttributeValue, error) {
	if token == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	var key [3]string
	if err == nil {
		err = json.Unmarshal(data, &key)
	}
	if err != nil {
		return nil, fmt.Errorf("page %q is not one that Newest returned: %w", token, err)
	}
	return map[string]types.AttributeValue{"task_id": text(key[0]), "status": text(key[1]), "updated_at": text(key[2])}, nil
}
