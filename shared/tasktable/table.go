// Package tasktable keeps each task's state in a DynamoDB table, one item a
// task, so that any order and any number of deliveries of the same
// announcements leaves the same item.
//
// # Attributes
//
//	task_id          S     partition key: the announcement's id
//	status           S     running, completed or failed
//	result           BOOL  true if completed, false if failed; absent while running
//	runtime          S     the runtime's name; absent if the message has none
//	image_url        L     of S, the images' s3:// URLs as published; absent while running
//	image_count      N     how many those are
//	output_url       S     the raw output or error report; absent if the message has none
//	context          any   what the caller sent along, as a native value
//	context_json     S     the same as JSON text, where DynamoDB can't hold it natively:
//	                       more than 32 levels, numbers of more than 38 digits or beyond
//	                       1E-130 to 9.9E+125, lone surrogates, equal or empty names (B if
//	                       it is not UTF-8)
//	context_omitted  BOOL  true if even that would exceed the item's 400 KB
//	extra            M     fields this software does not know (or extra_json, extra_omitted)
//	updated_at       S     publish time of the announcement the item shows
//	started_at       S     publish time of the newest "running" announcement
//	finished_at      S     publish time of the completion or failure; absent while running
//	duration_ms      N     finished_at − started_at in milliseconds; 0 if no start was announced
//	started_ms       N     started_at in milliseconds since 1970, for arithmetic
//	finished_ms      N     finished_at, likewise
//	message_id       S     SNS message id of the announcement the item shows
//	version          S     that announcement's place in the order
//	expires_at       N     DynamoDB TTL, seconds since 1970; absent without a retention
//	delivery_status  S     delivering, delivered or failed
//	delivered        L     of S, the delivered objects' s3:// URIs, in the order of image_url
//	delivered_at     S     when the last of them was there
//	delivery_error   S     why images are missing, for a person
//	delivery_version S     the announcement the delivery belongs to
//
// Times are RFC 3339 in UTC with three decimals, so that comparing the strings
// compares the times.
//
// # Order
//
// The announcement with the newest publish time wins; at equal times a
// terminal status beats running; still equal, the greater message id. There is
// no count of runs: distinct runs can't be told from redeliveries without
// reading, or keeping, every message id ever seen.
package tasktable

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// StatusIndex is the global secondary index on (status, updated_at). It
// projects what a list shows, and not the context or the URL lists.
const StatusIndex = "status-index"

// IndexedAttributes are what the index projects besides the keys.
var IndexedAttributes = []string{
	"result", "runtime", "image_count", "started_at", "finished_at", "duration_ms", "delivery_status", "delivered_at", "expires_at",
}

// Table writes and reads the task table. Its methods may be called from
// several goroutines.
type Table struct {
	// Client calls DynamoDB. Its retryer decides how throttling is borne.
	Client *dynamodb.Client
	// Name is the table's name or ARN.
	Name string
	// Retention is how long after its newest announcement an item is kept;
	// 0 keeps it for ever.
	Retention time.Duration
}

// expiry is the TTL of an item whose newest announcement is of this time. The
// publish time counts, not the clock: a redelivery must change nothing.
func (t *Table) expiry(published time.Time) (types.AttributeValue, bool) {
	if t.Retention <= 0 {
		return nil, false
	}
	return number(published.Add(t.Retention).Unix()), true
}

// apply sends an update. When its condition fails, ok is false and stored is
// the item that was there: nil if there is none, or if the server does not
// implement ReturnValuesOnConditionCheckFailure.
func (t *Table) apply(ctx context.Context, taskID string, u update) (stored map[string]types.AttributeValue, ok bool, err error) {
	_, err = t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           aws.String(t.Name),
		Key:                                 map[string]types.AttributeValue{"task_id": text(taskID)},
		UpdateExpression:                    aws.String(u.expression()),
		ConditionExpression:                 aws.String(u.condition),
		ExpressionAttributeNames:            u.names,
		ExpressionAttributeValues:           u.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return failed.Item, false, nil
	}
	return nil, err == nil, err
}
