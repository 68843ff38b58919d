package tasktable

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The attributes' names. In expressions, #NAME stands for the attribute and
// :NAME for a value assigned to it or compared with it.
const (
	attrTaskID            = "task_id"
	attrStatus            = "status"
	attrUpdatedAt         = "updated_at"
	attrError             = "error"
	attrResult            = "result"
	attrRuntime           = "runtime"
	attrImageURL          = "image_url"
	attrImageURLOmitted   = "image_url_omitted"
	attrImageCount        = "image_count"
	attrOutputURL         = "output_url"
	attrContext           = "context"
	attrContextJSON       = "context_json"
	attrContextOmitted    = "context_omitted"
	attrExtra             = "extra"
	attrExtraJSON         = "extra_json"
	attrExtraOmitted      = "extra_omitted"
	attrStartedAt         = "started_at"
	attrStartedMS         = "started_ms"
	attrFirstStartedAt    = "first_started_at"
	attrStartsMS          = "starts_ms"
	attrEndedMS           = "ended_ms"
	attrRuns              = "runs"
	attrFinishedAt        = "finished_at"
	attrFinishedMS        = "finished_ms"
	attrDurationMS        = "duration_ms"
	attrSource            = "source"
	attrMessageID         = "message_id"
	attrVersion           = "version"
	attrDeliveryStatus    = "delivery_status"
	attrDelivered         = "delivered"
	attrDeliveredOmitted  = "delivered_omitted"
	attrEmptyObjects      = "empty_objects"
	attrEmptyOmitted      = "empty_objects_omitted"
	attrDeliveredAt       = "delivered_at"
	attrDeliveryError     = "delivery_error"
	attrDeliveryVersion   = "delivery_version"
	attrDeliveryMessageID = "delivery_message_id"
	attrExpiresAt         = "expires_at"
)

// The table's keys, all of them strings, and its TTL attribute.
const (
	PartitionKey = attrTaskID

	// StatusIndex is the global secondary index of each status's tasks by
	// time. It projects [IndexedAttributes].
	StatusIndex             = "status-index"
	StatusIndexPartitionKey = attrStatus
	StatusIndexSortKey      = attrUpdatedAt

	// TimeToLiveAttribute holds seconds since 1970.
	TimeToLiveAttribute = attrExpiresAt
)

// Attribute declares one attribute of an item.
type Attribute struct {
	Name string
	// Type is the DynamoDB data type descriptor, such as "S". A list's element
	// type, or an alternative, follows in words.
	Type string
	// Meaning is one line for the table's users.
	Meaning string

	scope   scope
	indexed bool
}

// scope says what an attribute describes, and so which writes remove it.
type scope int

const (
	ofTask         scope = iota // all of the task's announcements: not removed with any of them
	ofAnnouncement              // the announcement shown: removed by a newer one that does not set it
	ofDelivery                  // the delivery: removed by a newer announcement or delivery that does not set it
)

// Attributes are all attributes that an item can have.
//
// A document, context or extra, has one of three attributes. DynamoDB can't
// hold more than 32 levels, numbers of more than 38 digits or below 1E-130, NaN,
// infinities, lone surrogates, or equal or empty names as a native value, and
// boto3 can't read numbers from 1E+38 on. Those are stored as JSON text, or as
// binary if they are not UTF-8; where even that would exceed the announcement's
// share of the item, the document is omitted.
var Attributes = []Attribute{
	{attrTaskID, "S", "the announcement's id: the partition key", ofTask, false},
	{attrStatus, "S", "running, completed or failed", ofAnnouncement, false},
	{attrUpdatedAt, "S", "publish time of the announcement the item shows", ofAnnouncement, false},
	{attrResult, "BOOL", "true if completed, false if failed; absent while running", ofAnnouncement, true},
	{attrError, "S", "why the task failed, at most 1 KB; absent if that is not known", ofAnnouncement, true},
	{attrRuntime, "S", "the runtime's name; absent if the message has none", ofAnnouncement, true},
	{attrImageURL, "L of S", "the images' s3:// URLs as published; absent while running", ofAnnouncement, false},
	{attrImageURLOmitted, "N", "how many more image_url has no room for; absent if none", ofAnnouncement, false},
	{attrImageCount, "N", "the number of images; absent while running", ofAnnouncement, true},
	{attrOutputURL, "S", "the raw output or error report; absent if the message has none", ofAnnouncement, false},
	{attrContext, "any", "what the task's caller sent along, as a native value", ofAnnouncement, false},
	{attrContextJSON, "S or B", "the context as JSON text, if DynamoDB can't hold it natively", ofAnnouncement, false},
	{attrContextOmitted, "BOOL", "true if the item has no room for the context", ofAnnouncement, false},
	{attrExtra, "M", "the message's fields that this software does not know", ofAnnouncement, false},
	{attrExtraJSON, "S or B", "extra as JSON text, if DynamoDB can't hold it natively", ofAnnouncement, false},
	{attrExtraOmitted, "BOOL", "true if the item has no room for extra", ofAnnouncement, false},
	{attrStartedAt, "S", "publish time of the newest running announcement", ofTask, true},
	{attrStartedMS, "N", "started_at in milliseconds since 1970, for arithmetic", ofTask, false},
	{attrFirstStartedAt, "S", "publish time of the first running announcement since the last end; absent once finished",
		ofTask, true},
	{attrStartsMS, "NS", "the times of the running announcements since the last end, in milliseconds since 1970",
		ofTask, false},
	{attrEndedMS, "N", "publish time of the newest completion or failure, in milliseconds since 1970", ofTask, false},
	{attrRuns, "SS", "a mark for each completion announced with objects of its own: more than one are reruns",
		ofTask, true},
	{attrFinishedAt, "S", "publish time of the completion or failure; absent while running", ofAnnouncement, true},
	{attrFinishedMS, "N", "finished_at in milliseconds since 1970, for arithmetic", ofAnnouncement, false},
	{attrDurationMS, "N", "finished_at − started_at in milliseconds; 0 if no start was announced", ofAnnouncement, true},
	{attrSource, "S", "reconcile if the announcement was lost, and reconstructed from what the run left; else absent",
		ofAnnouncement, false},
	{attrMessageID, "S", "SNS message id of the announcement the item shows", ofAnnouncement, false},
	{attrVersion, "S", "that announcement's place in the order", ofAnnouncement, false},
	{attrDeliveryStatus, "S", "delivered, empty or failed; absent before the first attempt", ofDelivery, true},
	{attrDelivered, "L of S", "the delivered objects' s3:// URIs, in the order of image_url", ofDelivery, false},
	{attrDeliveredOmitted, "N", "how many more delivered has no room for; absent if none", ofDelivery, false},
	{attrEmptyObjects, "L of S", "those of the delivered objects that have no bytes; absent if none", ofDelivery, false},
	{attrEmptyOmitted, "N", "how many more empty_objects has no room for; absent if none", ofDelivery, false},
	{attrDeliveredAt, "S", "when the last of them was delivered", ofDelivery, true},
	{attrDeliveryError, "S", "why images are missing, for a person", ofDelivery, false},
	{attrDeliveryMessageID, "S", "SNS message id of the announcement the delivery belongs to", ofDelivery, false},
	{attrDeliveryVersion, "S", "that announcement's place in the order, by the time deliver saw", ofDelivery, false},
	{attrExpiresAt, "N", "when DynamoDB deletes the item (TTL), in seconds since 1970; absent without a retention",
		ofTask, true},
}

// IndexedAttributes are what [StatusIndex] projects besides the keys: what a
// list shows, without the context and the lists of URLs. A change of their
// order changes the stack's template.
var IndexedAttributes = namesOf(func(a Attribute) bool { return a.indexed })

// What a newer announcement, or another delivery, removes unless it sets it.
var (
	announcementAttributes = namesOf(func(a Attribute) bool { return a.scope == ofAnnouncement })
	deliveryAttributes     = namesOf(func(a Attribute) bool { return a.scope == ofDelivery })
)

func namesOf(match func(Attribute) bool) []string {
	var names []string
	for _, attribute := range Attributes {
		if match(attribute) {
			names = append(names, attribute.Name)
		}
	}
	return names
}

// CreateTableInput requests the table that the CDK app declares, under a name,
// for tests and tools. CreateTable can't set [TimeToLiveAttribute];
// UpdateTimeToLive can.
func CreateTableInput(name string) *dynamodb.CreateTableInput {
	key := func(attribute string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: aws.String(attribute), KeyType: kind}
	}
	var definitions []types.AttributeDefinition
	for _, attribute := range []string{PartitionKey, StatusIndexPartitionKey, StatusIndexSortKey} {
		definitions = append(definitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute),
			AttributeType: types.ScalarAttributeTypeS,
		})
	}
	return &dynamodb.CreateTableInput{
		TableName:            aws.String(name),
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: definitions,
		KeySchema:            []types.KeySchemaElement{key(PartitionKey, types.KeyTypeHash)},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String(StatusIndex),
			KeySchema: []types.KeySchemaElement{
				key(StatusIndexPartitionKey, types.KeyTypeHash), key(StatusIndexSortKey, types.KeyTypeRange),
			},
			Projection: &types.Projection{
				ProjectionType:   types.ProjectionTypeInclude,
				NonKeyAttributes: IndexedAttributes,
			},
		}},
	}
}
