package tasktable

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/announcement"
)

// Between's pages: the first is as large as what a person looks at, and each is
// larger than the last, up to about the megabyte that DynamoDB answers with at
// most.
const (
	firstPage  = 100
	pageGrowth = 4
	lastPage   = 6400
)

// Between yields the tasks with a status whose updated_at is from since to until,
// both included, the most recently updated first. Like [Table.Newest] it reads the
// status index, a page at a time, as far as the caller goes. An error ends the
// sequence.
func (t *Table) Between(
	ctx context.Context, status announcement.Status, since, until time.Time,
) iter.Seq2[Task, error] {
	return func(yield func(Task, error) bool) {
		if until.Before(since) { // which DynamoDB refuses
			return
		}
		q := t.statusQuery(status, "BETWEEN :since AND", announcement.FormatTime(until))
		q.ExpressionAttributeValues[":since"] = text(announcement.FormatTime(since))
		q.ScanIndexForward = aws.Bool(false)
		for size := int32(firstPage); ; size = min(size*pageGrowth, lastPage) {
			q.Limit = aws.Int32(size)
			out, err := t.Client.Query(ctx, q)
			if err != nil {
				yield(Task{}, fmt.Errorf("list %s tasks of table %s: %w", status, t.Name, err))
				return
			}
			if !yieldAll(out, yield) || out.LastEvaluatedKey == nil {
				return
			}
			q.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}

// yieldAll yields a page's tasks, and tells whether the caller wants more.
func yieldAll(page *dynamodb.QueryOutput, yield func(Task, error) bool) bool {
	for _, found := range page.Items {
		if !yield(newTask(found), nil) {
			return false
		}
	}
	return true
}
