package tasktable

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// Task is one item of the task table. Attributes that the item does not have,
// or that [Table.Between] and the other lists do not return, are zero.
type Task struct {
	ID string
	// Status comes from the newest announcement; it is "" if only a delivery
	// has been recorded so far.
	Status  announcement.Status
	Runtime string
	// Error is why the task failed, for a person; "" if that is not known.
	Error string

	// UpdatedAt is the publish time of the newest announcement.
	UpdatedAt time.Time
	// QueuedAt is the publish time of the newest request. TaskType and Prefix are from
	// the same request. Lists omit TaskType and Prefix.
	QueuedAt         time.Time
	TaskType, Prefix string
	// Request is what the task was asked for, a JSON object; nil if that is not known.
	// Lists omit it.
	Request json.RawMessage
	// StartedAt is the publish time of the newest "running".
	StartedAt time.Time
	// FirstStartedAt is the publish time of the first "running" since the last
	// end, because the guidance may start a task again and again. It is zero once
	// the task has finished.
	FirstStartedAt time.Time
	// FinishedAt is the publish time of the completion or failure.
	FinishedAt time.Time
	// ExpiresAt is when the item expires.
	ExpiresAt time.Time

	// Runs is the number of announced completions with different objects, at most
	// 64. All but the first are reruns.
	Runs int

	ImageCount int
	// ImageURLs are the images, as published. Lists omit them.
	ImageURLs []string
	// ImageURLsOmitted is how many more images the item has no room for. Lists
	// omit it.
	ImageURLsOmitted int
	// OutputURL is the raw output or the error report. Lists omit it.
	OutputURL string
	// Caller identifies the task's caller. Lists omit it.
	Caller string
	// Context is the JSON value that the caller sent. It may include NaN, Infinity
	// and -Infinity. Lists omit it.
	Context json.RawMessage
	// ContextOmitted says that the item had no room for the context.
	ContextOmitted bool
	// Extra is a JSON object of the announcement's unknown fields. Lists omit it.
	Extra json.RawMessage

	// Source is [announcement.Reconciled] if the announcement was reconstructed,
	// else "". Lists omit it.
	Source string
	// MessageID is the SNS message id of the announcement that the item shows.
	// Lists omit it.
	MessageID string

	DeliveryStatus DeliveryStatus
	// Delivered are the delivered objects' s3:// URIs. Lists omit them.
	Delivered []string
	// DeliveredOmitted is how many more delivered objects the item has no room
	// for. Lists omit it.
	DeliveredOmitted int
	// EmptyObjects are the URIs of delivered objects without bytes. Lists omit
	// them.
	EmptyObjects []string
	DeliveredAt  time.Time
	// DeliveryError tells a person what is missing and why. Lists omit it.
	DeliveryError string
	// DeliveryMessageID is the SNS message id of the delivery's announcement; ""
	// before the first attempt. Lists omit it.
	DeliveryMessageID string
}

// Duration returns how long the task ran. known is false unless the task has
// finished and its start was announced.
func (t Task) Duration() (d time.Duration, known bool) {
	if t.StartedAt.IsZero() || t.FinishedAt.IsZero() {
		return 0, false
	}
	return t.FinishedAt.Sub(t.StartedAt), true
}

// Wait returns how long the task waited for its start, or has waited until now. known is
// false unless the task's request was recorded, and its start was announced if it has
// started. If the guidance started the task several times, the last start counts, as in
// Duration.
func (t Task) Wait(now time.Time) (d time.Duration, known bool) {
	switch {
	case t.QueuedAt.IsZero():
		return 0, false
	case t.Status == announcement.Queued:
		return now.Sub(t.QueuedAt), true
	case t.StartedAt.Before(t.QueuedAt):
		return 0, false
	}
	return t.StartedAt.Sub(t.QueuedAt), true
}

// newTask converts an item. An attribute whose type is not the declared type counts
// as missing.
func newTask(item item) Task {
	task := Task{
		ID:               stringOf(item, attrTaskID),
		Status:           announcement.Status(stringOf(item, attrStatus)),
		Runtime:          stringOf(item, attrRuntime),
		Error:            stringOf(item, attrError),
		UpdatedAt:        timeOf(item, attrUpdatedAt),
		QueuedAt:         timeOf(item, attrQueuedAt),
		TaskType:         stringOf(item, attrTaskType),
		Prefix:           stringOf(item, attrPrefix),
		StartedAt:        timeOf(item, attrStartedAt),
		FirstStartedAt:   timeOf(item, attrFirstStartedAt),
		Runs:             len(runsOf(item)),
		FinishedAt:       timeOf(item, attrFinishedAt),
		ImageCount:       int(numberOf(item, attrImageCount)),
		ImageURLs:        stringsOf(item, attrImageURL),
		ImageURLsOmitted: int(numberOf(item, attrImageURLOmitted)),
		OutputURL:        stringOf(item, attrOutputURL),
		Caller:           stringOf(item, attrCaller),
		Context:          documentOf(item, contextForms),
		Extra:            documentOf(item, extraForms),
		Source:           stringOf(item, attrSource),
		MessageID:        stringOf(item, attrMessageID),
		DeliveryStatus:   DeliveryStatus(stringOf(item, attrDeliveryStatus)),
		Delivered:        stringsOf(item, attrDelivered),
		DeliveredOmitted: int(numberOf(item, attrDeliveredOmitted)),
		EmptyObjects:     stringsOf(item, attrEmptyObjects),
		DeliveredAt:      timeOf(item, attrDeliveredAt),
		DeliveryError:    stringOf(item, attrDeliveryError),
	}
	if version := strings.SplitN(stringOf(item, attrDeliveryVersion), "/", 3); len(version) == 3 {
		task.DeliveryMessageID = version[2]
	}
	if request := stringOf(item, attrRequest); request != "" {
		task.Request = json.RawMessage(request)
	}
	if omitted, ok := item[attrContextOmitted].(*types.AttributeValueMemberBOOL); ok {
		task.ContextOmitted = omitted.Value
	}
	if expires := numberOf(item, attrExpiresAt); expires > 0 {
		task.ExpiresAt = time.Unix(expires, 0).UTC()
	}
	return task
}

// stringOf returns a string attribute, or "" if it is missing or has another type.
func stringOf(item item, attribute string) string {
	if s, ok := item[attribute].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func timeOf(item item, attribute string) time.Time {
	at, _ := time.Parse(announcement.TimeLayout, stringOf(item, attribute))
	return at
}

func numberOf(item item, attribute string) int64 {
	n, ok := item[attribute].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	value, _ := strconv.ParseInt(n.Value, 10, 64)
	return value
}

func stringsOf(item item, attribute string) []string {
	list, ok := item[attribute].(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	values := make([]string, 0, len(list.Value))
	for _, element := range list.Value {
		if s, ok := element.(*types.AttributeValueMemberS); ok {
			values = append(values, s.Value)
		}
	}
	return values
}

func numbersOf(item item, attribute string) (values []int64) {
	if set, ok := item[attribute].(*types.AttributeValueMemberNS); ok {
		for _, element := range set.Value {
			value, _ := strconv.ParseInt(element, 10, 64)
			values = append(values, value)
		}
	}
	return values
}

func runsOf(item item) []string {
	if set, ok := item[attrRuns].(*types.AttributeValueMemberSS); ok {
		return set.Value
	}
	return nil
}

// Details is a task with every attribute of its item.
type Details struct {
	Task Task

	attributes item
}

// Attribute returns the value of an attribute for display: a string, an int, a bool or a []string. It returns nil if
// the attribute is missing or has another type.
func (d Details) Attribute(name string) any {
	switch value := d.attributes[name].(type) {
	case *types.AttributeValueMemberS:
		return value.Value
	case *types.AttributeValueMemberN:
		if n, err := strconv.Atoi(value.Value); err == nil {
			return n
		}
	case *types.AttributeValueMemberBOOL:
		return value.Value
	case *types.AttributeValueMemberL:
		return stringsOf(d.attributes, name)
	}
	return nil
}
