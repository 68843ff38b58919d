// Package tasktable keeps each task's state in a DynamoDB table, one item per
// task. Recording is idempotent and does not depend on order: however often and
// in whatever order the same announcements are delivered, the item ends up the
// same.
//
// [Attributes] lists an item's attributes. Times are RFC 3339 in UTC with three
// decimals, so that comparing the strings compares the times.
//
// # Order
//
// The announcement with the newest publish time wins; a request counts as one. At
// equal times a terminal status beats running, and running beats queued; if that is
// equal too, the greater message id wins. SNS gives a message one id and one publish time, whichever subscription
// delivers it and however often ("HTTP/HTTPS notification JSON format", Amazon
// SNS Developer Guide). So record and deliver see the same version of an
// announcement, and these rules make the item independent of order:
//
//   - Recording an announcement removes an older delivery.
//   - The item takes a delivery that is not older than what it shows. That
//     delivery replaces an older one, and one of the same announcement that is
//     not complete.
//   - expires_at follows the newest of the announcement and the delivery.
//   - queued_at, and what belongs to it, follows the newest request. So does request
//     if requests are recorded; otherwise it belongs to the announcement shown.
//
// # Runs
//
// The guidance starts a task again, and announces it again, whenever its input
// queue's visibility timeout ends first. So an item keeps, whatever the order of
// arrival, the times of the starts since the last end (the first is
// first_started_at) and a mark of the objects of each completion (a second mark
// is a rerun). Both are sets of at most 64 elements: the newest starts, and the
// runs that were recorded first. If there are more runs, only the newest of them is known.
//
// # Size
//
// The announcement and the delivery have fixed shares of the 400 KB that
// DynamoDB allows an item, so that they fit together in either order. Where
// a message exceeds its share, status, counts and the beginnings of the lists
// are kept, and attributes named …_omitted say what is missing.
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

// Table writes and reads the task table. Its methods are safe for concurrent
// use.
type Table struct {
	// Client calls DynamoDB. Its retryer handles throttling.
	Client *dynamodb.Client
	// Name is the table's name or ARN.
	Name string
	// Retention is how long after its newest announcement an item is kept;
	// 0 keeps it forever.
	Retention time.Duration
	// Requests says that requests are recorded, too. Each item is then that of
	// [announcement.AnnouncedID]: a request has the caller's whole id, and does not
	// say which release of the guidance will announce it. Up to v1.1.2 the guidance
	// announces whole ids, since v1.2.0 the first 64 characters. Whole ids with the
	// same first 64 characters then share an item.
	Requests bool
}

// New returns the table of a function's environment.
func New(client *dynamodb.Client, env environment.Table) *Table {
	return &Table{Client: client, Name: env.TaskTable, Retention: env.Retention(), Requests: env.InputTopic != ""}
}

// setExpiry sets the TTL of an item whose newest announcement this is, or
// removes it. The clock plays no part: a redelivery must not change the item.
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

// apply sends an update. If its condition fails, ok is false and stored is the
// existing item, nil if it doesn't exist. Otherwise stored is what u.returns asks
// for.
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
