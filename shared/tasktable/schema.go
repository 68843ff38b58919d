package tasktable

import "strings"

// InternalPrefix begins the names of the attributes that only this package needs, to
// order announcements. They are not in a map, because DynamoDB refuses to SET or ADD
// to a member of a map that the item doesn't have yet ("Update expressions", Amazon
// DynamoDB Developer Guide): a new task would cost a second write. Also, an index
// projects only top-level attributes.
const InternalPrefix = "internal_"

// The attributes' names. In expressions, #NAME stands for the attribute and
// :NAME for a value assigned to it or compared with it.
const (
	attrTaskID           = "task_id"
	attrStatus           = "status"
	attrUpdatedAt        = "updated_at"
	attrError            = "error"
	attrResult           = "result"
	attrRuntime          = "runtime"
	attrImageURL         = "image_url"
	attrImageURLOmitted  = "image_url_omitted"
	attrImageCount       = "image_count"
	attrOutputURL        = "output_url"
	attrCaller           = "caller"
	attrContext          = "context"
	attrContextJSON      = "context_json"
	attrContextOmitted   = "context_omitted"
	attrExtra            = "extra"
	attrExtraJSON        = "extra_json"
	attrExtraOmitted     = "extra_omitted"
	attrQueuedAt         = "queued_at"
	attrTaskType         = "task_type"
	attrPrefix           = "prefix"
	attrRequest          = "request"
	attrQueuedVersion    = InternalPrefix + "queued_version"
	attrStartedAt        = "started_at"
	attrStartedMS        = InternalPrefix + "started_ms"
	attrFirstStartedAt   = "first_started_at"
	attrStartsMS         = InternalPrefix + "starts_ms"
	attrEndedMS          = InternalPrefix + "ended_ms"
	attrRuns             = InternalPrefix + "runs"
	attrFinishedAt       = "finished_at"
	attrDurationMS       = "duration_ms"
	attrSource           = "source"
	attrMessageID        = "message_id"
	attrVersion          = InternalPrefix + "version"
	attrDeliveryStatus   = "delivery_status"
	attrDelivered        = "delivered"
	attrDeliveredOmitted = "delivered_omitted"
	attrEmptyObjects     = "empty_objects"
	attrEmptyOmitted     = "empty_objects_omitted"
	attrDeliveredAt      = "delivered_at"
	attrDeliveryError    = "delivery_error"
	attrDeliveryVersion  = InternalPrefix + "delivery_version"
	attrExpiresAt        = "expires_at"
)

// The table's keys, which are all strings, and its TTL attribute.
const (
	PartitionKey = attrTaskID

	// StatusIndex is the global secondary index of tasks by status and time. It
	// projects [IndexedAttributes].
	StatusIndex             = "status-index"
	StatusIndexPartitionKey = attrStatus
	StatusIndexSortKey      = attrUpdatedAt

	// CallerIndex is the global secondary index of tasks by caller and time. Only tables
	// of deployments that record callers have it. It projects [CallerIndexedAttributes].
	CallerIndex             = "caller-index"
	CallerIndexPartitionKey = attrCaller
	CallerIndexSortKey      = attrUpdatedAt

	// TimeToLiveAttribute is in seconds since 1970.
	TimeToLiveAttribute = attrExpiresAt
)

// Attribute declares one attribute of an item.
type Attribute struct {
	Name string
	// Type is the DynamoDB data type descriptor, such as "S". A list's element
	// type, or an alternative, follows in words.
	Type string

	scope   scope
	indexed bool
}

// scope is what an attribute describes. It decides which writes remove the attribute.
type scope int

const (
	ofTask         scope = iota // the whole task: never removed with an announcement
	ofAnnouncement              // the shown announcement: removed by a newer announcement that does not set it
	ofDelivery                  // the delivery: removed by a newer announcement or delivery that does not set it
)

// Attributes are all attributes that an item can have. The section "Task table"
// of functions/README.md says what they mean.
//
// A document (context or extra) has one of three attributes. A native DynamoDB value
// can't have more than 32 levels, numbers of more than 38 digits or below 1E-130, NaN,
// infinities, lone surrogates, or duplicate or empty names, and boto3 can't read
// numbers from 1E+38 on. Documents with any of these are stored as JSON text, or as
// binary if they are not UTF-8. If even that exceeds the announcement's share of the
// item, the document is omitted.
var Attributes = []Attribute{
	{attrTaskID, "S", ofTask, false},
	{attrStatus, "S", ofAnnouncement, false},
	{attrUpdatedAt, "S", ofAnnouncement, false},
	{attrResult, "BOOL", ofAnnouncement, true},
	{attrError, "S", ofAnnouncement, true},
	{attrRuntime, "S", ofAnnouncement, true},
	{attrImageURL, "L of S", ofAnnouncement, false},
	{attrImageURLOmitted, "N", ofAnnouncement, false},
	{attrImageCount, "N", ofAnnouncement, true},
	{attrOutputURL, "S", ofAnnouncement, false},
	{attrCaller, "S", ofAnnouncement, false},
	{attrContext, "any", ofAnnouncement, false},
	{attrContextJSON, "S or B", ofAnnouncement, false},
	{attrContextOmitted, "BOOL", ofAnnouncement, false},
	{attrExtra, "M", ofAnnouncement, false},
	{attrExtraJSON, "S or B", ofAnnouncement, false},
	{attrExtraOmitted, "BOOL", ofAnnouncement, false},
	{attrQueuedAt, "S", ofTask, true},
	{attrTaskType, "S", ofTask, false},
	{attrPrefix, "S", ofTask, false},
	{attrRequest, "S", ofTask, false},
	{attrQueuedVersion, "S", ofTask, false},
	{attrStartedAt, "S", ofTask, true},
	{attrStartedMS, "N", ofTask, false},
	{attrFirstStartedAt, "S", ofTask, true},
	{attrStartsMS, "NS", ofTask, false},
	{attrEndedMS, "N", ofTask, false},
	{attrRuns, "SS", ofTask, true},
	{attrFinishedAt, "S", ofAnnouncement, true},
	{attrDurationMS, "N", ofAnnouncement, true},
	{attrSource, "S", ofAnnouncement, false},
	{attrMessageID, "S", ofAnnouncement, false},
	{attrVersion, "S", ofAnnouncement, false},
	{attrDeliveryStatus, "S", ofDelivery, true},
	{attrDelivered, "L of S", ofDelivery, false},
	{attrDeliveredOmitted, "N", ofDelivery, false},
	{attrEmptyObjects, "L of S", ofDelivery, false},
	{attrEmptyOmitted, "N", ofDelivery, false},
	{attrDeliveredAt, "S", ofDelivery, true},
	{attrDeliveryError, "S", ofDelivery, false},
	{attrDeliveryVersion, "S", ofDelivery, false},
	{attrExpiresAt, "N", ofTask, true},
}

// IndexedAttributes has the attributes that [StatusIndex] projects besides the keys:
// those that a list shows, without the context and the lists of URLs. Changing their
// order changes the stack's template.
var IndexedAttributes = namesOf(func(a Attribute) bool { return a.indexed })

// CallerIndexedAttributes has the attributes that [CallerIndex] projects besides the
// keys: the same as [StatusIndex] has.
var CallerIndexedAttributes = append([]string{attrStatus}, IndexedAttributes...)

// The attributes that a newer announcement or another delivery removes unless it sets them.
var (
	announcementAttributes = namesOf(func(a Attribute) bool { return a.scope == ofAnnouncement })
	deliveryAttributes     = namesOf(func(a Attribute) bool { return a.scope == ofDelivery })
)

// internalAttributes has the attributes that decide the order of announcements.
var internalAttributes = namesOf(func(a Attribute) bool { return strings.HasPrefix(a.Name, InternalPrefix) })

func namesOf(match func(Attribute) bool) []string {
	var names []string
	for _, attribute := range Attributes {
		if match(attribute) {
			names = append(names, attribute.Name)
		}
	}
	return names
}
