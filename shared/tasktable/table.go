// Package tasktable keeps each task's state in a DynamoDB table, one item per task.
// Recording is idempotent and independent of order: the same announcements result in
// the same item, however often and in whatever order they arrive.
//
// [Attributes] lists an item's attributes. Times are RFC 3339 in UTC with three
// decimals, so that comparing the strings compares the times.
//
// # Order
//
// The item shows the announcement (or request) with the newest publish time. At equal
// times, a terminal status beats running, and running beats queued. At equal statuses,
// the greater message id wins. An SNS message has one id and one publish time, for all
// subscriptions and in every redelivery ("HTTP/HTTPS notification JSON format", Amazon
// SNS Developer Guide). So record and deliver see the same version of an announcement,
// and these rules make the item independent of order:
//
//   - Recording an announcement removes an older delivery.
//   - The item accepts a delivery that is not older than the shown announcement. It
//     replaces an older delivery, and an incomplete delivery of the same
//     announcement.
//   - expires_at follows the newest of the announcement and the delivery.
//   - queued_at, task_type and prefix follow the newest request. So does request if
//     requests are recorded; otherwise it belongs to the shown announcement.
//
// # Runs
//
// The guidance starts and announces a task again whenever its input queue's visibility
// timeout ends before the task does. So an item keeps the times of the starts since the
// last end (the first is first_started_at), and a mark of the objects of each
// completion (a second mark is a rerun). Both are sets of at most 64 elements: the
// newest starts, and the runs that were recorded first. Of further runs, the item
// shows only the newest.
//
// # Size
//
// The announcement and the delivery have fixed shares of DynamoDB's 400 KB for an item,
// so that they fit together in either order. If a message exceeds its share, the item
// keeps its status, counts and the beginnings of its lists, and attributes named
// …_omitted say what is missing.
package tasktable

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
)

// Table writes and reads the task table. It is safe for concurrent use.
type Table struct {
	// Client calls DynamoDB. Its retryer handles throttling.
	Client *dynamodb.Client
	// Name is the table's name or ARN.
	Name string
	// Retention is how long an item is kept after its newest announcement; 0
	// means forever.
	Retention time.Duration
	// Requests says that requests are also recorded. Items then have the key
	// [announcement.AnnouncedID]: a request has the caller's whole id, but since v1.2.0
	// the guidance announces only the first 64 characters, and a request does not say
	// which release will announce it. Whole ids with the same first 64 characters share
	// an item.
	Requests bool
}

// New returns the table for a function's environment.
func New(client *dynamodb.Client, env environment.Table) *Table {
	return &Table{Client: client, Name: env.TaskTable, Retention: env.Retention(), Requests: env.InputTopic != ""}
}

// setExpiry sets or removes the TTL of an item according to its newest announcement. It
// doesn't use the clock, because a redelivery must not change the item.
func (t *Table) setExpiry(u *update, newest announcement.Announcement) {
	if t.Retention > 0 {
		u.set(attrExpiresAt, number(newest.PublishedAt.Add(t.Retention).Unix()))
	}
	u.removeOthers(attrExpiresAt)
}

// primaryKey is the key of a task's item.
func primaryKey(taskID string) item { return item{PartitionKey: text(taskID)} }

// key is the key of the item that keeps a task's announcements.
func (t *Table) key(taskID string) item {
	if t.Requests {
		taskID = announcement.AnnouncedID(taskID)
	}
	return primaryKey(taskID)
}

// apply sends an update. If its condition fails, ok is false and stored is the existing
// item, or nil if it doesn't exist. Otherwise stored is the item that u.returns requests.
func (t *Table) apply(ctx context.Context, taskID string, u update) (stored item, ok bool, err error) {
	expression := u.expression()
	out, err := t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           aws.String(t.Name),
		Key:                                 t.key(taskID),
		UpdateExpression:                    aws.String(expression),
		ConditionExpression:                 aws.String(u.condition),
		ExpressionAttributeNames:            namesIn(expression + " " + u.condition),
		ExpressionAttributeValues:           u.values,
		ReturnValues:                        u.returns,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &failed):
		return failed.Item, false, nil
	case err != nil:
		return nil, false, err
	}
	return out.Attributes, true, nil
}
