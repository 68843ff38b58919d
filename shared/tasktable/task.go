package tasktable

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sdtasktracker/shared/announcement"
)

// Task is one item of the task table. What an item, or a list, does not have
// is the zero value.
type Task struct {
	ID string
	// Status is what the newest announcement says; "" if only a delivery has
	// been recorded yet.
	Status  announcement.Status
	Runtime string

	// UpdatedAt is the publish time of the newest announcement.
	UpdatedAt time.Time
	// StartedAt is the publish time of the newest "running".
	StartedAt time.Time
	// FinishedAt is the publish time of the completion or failure.
	FinishedAt time.Time
	// ExpiresAt is when the item is deleted.
	ExpiresAt time.Time

	ImageCount int
	// ImageURLs are the images as published; lists don't have them.
	ImageURLs []string
	// OutputURL is the raw output, or the error report; lists don't have it.
	OutputURL string
	// Context is what the caller sent along, as JSON; lists don't have it.
	Context json.RawMessage
	// ContextOmitted tells that the item had no room for the context.
	ContextOmitted bool
	// Extra is a JSON object of the fields this package does not know; lists
	// don't have it.
	Extra json.RawMessage

	DeliveryStatus DeliveryStatus
	// Delivered are the delivered objects' s3:// URIs; lists don't have them.
	Delivered   []string
	DeliveredAt time.Time
	// DeliveryError says for a person what is missing; lists don't have it.
	DeliveryError string
}

// Duration is how long the task ran, and whether that is known: it has to have
// finished, and its start to have been announced.
func (t Task) Duration() (time.Duration, bool) {
	if t.StartedAt.IsZero() || t.FinishedAt.IsZero() {
		return 0, false
	}
	return t.FinishedAt.Sub(t.StartedAt), true
}

// newTask reads an item. Attributes of another type than this package writes
// count as absent.
func newTask(item map[string]types.AttributeValue) Task {
	task := Task{
		ID:             stringOf(item, "task_id"),
		Status:         announcement.Status(stringOf(item, "status")),
		Runtime:        stringOf(item, "runtime"),
		UpdatedAt:      timeOf(item, "updated_at"),
		StartedAt:      timeOf(item, "started_at"),
		FinishedAt:     timeOf(item, "finished_at"),
		ImageCount:     int(numberOf(item, "image_count")),
		ImageURLs:      stringsOf(item, "image_url"),
		OutputURL:      stringOf(item, "output_url"),
		Context:        documentOf(item, "context"),
		Extra:          documentOf(item, "extra"),
		DeliveryStatus: DeliveryStatus(stringOf(item, "delivery_status")),
		Delivered:      stringsOf(item, "delivered"),
		DeliveredAt:    timeOf(item, "delivered_at"),
		DeliveryError:  stringOf(item, "delivery_error"),
	}
	if omitted, ok := item["context_omitted"].(*types.AttributeValueMemberBOOL); ok {
		task.ContextOmitted = omitted.Value
	}
	if expires := numberOf(item, "expires_at"); expires > 0 {
		task.ExpiresAt = time.Unix(expires, 0).UTC()
	}
	return task
}

func timeOf(item map[string]types.AttributeValue, attribute string) time.Time {
	at, _ := time.Parse(announcement.TimeLayout, stringOf(item, attribute))
	return at
}

func numberOf(item map[string]types.AttributeValue, attribute string) int64 {
	n, ok := item[attribute].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	value, _ := strconv.ParseInt(n.Value, 10, 64)
	return value
}

func stringsOf(item map[string]types.AttributeValue, attribute string) []string {
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

// documentOf is a document as JSON, in whichever form it is stored.
func documentOf(item map[string]types.AttributeValue, name string) json.RawMessage {
	if value, ok := item[name]; ok {
		return toJSON(value)
	}
	switch value := item[name+"_json"].(type) {
	case *types.AttributeValueMemberS:
		return json.RawMessage(value.Value)
	case *types.AttributeValueMemberB:
		return value.Value
	}
	return nil
}
