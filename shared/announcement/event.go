package announcement

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
)

// NewEvent returns the event with which SNS invokes a function for a message ("Using Lambda with Amazon SNS" in the
// AWS Lambda Developer Guide). The subscription's ARN may be "".
func NewEvent(message events.SNSEntity, subscriptionARN string) events.SNSEvent {
	if message.MessageAttributes == nil {
		message.MessageAttributes = map[string]any{}
	}
	return events.SNSEvent{Records: []events.SNSEventRecord{{
		EventVersion: "1.0", EventSource: "aws:sns", EventSubscriptionArn: subscriptionARN, SNS: message,
	}}}
}

// ReadNotification parses the JSON that SNS sends to a queue ("HTTP/HTTPS notification JSON format" in the Amazon SNS
// Developer Guide). Its names differ from those of an event only in case.
func ReadNotification(body []byte) (events.SNSEntity, error) {
	var message events.SNSEntity
	if err := json.Unmarshal(body, &message); err != nil {
		return message, fmt.Errorf("read SNS notification: %w", err)
	}
	if message.Type != "Notification" || message.MessageID == "" {
		return message, errors.New(`read SNS notification: it must have Type "Notification" and a MessageId`)
	}
	return message, nil
}

// Marshal returns an announcement in the guidance's format since v1.1.2, plus its source. [Parse] reads it back.
func Marshal(a Announcement) ([]byte, error) {
	message := struct {
		Runtime   string          `json:"runtime,omitempty"`
		ID        string          `json:"id"`
		Result    *bool           `json:"result,omitempty"`
		Status    Status          `json:"status"`
		ImageURLs []string        `json:"image_url,omitzero"`
		OutputURL string          `json:"output_url,omitempty"`
		Context   json.RawMessage `json:"context,omitempty"`
		Source    string          `json:"source,omitempty"`
	}{Runtime: a.Runtime, ID: a.TaskID, Status: a.Status, OutputURL: a.OutputURL, Context: a.Context, Source: a.Source}
	if a.Status.Terminal() {
		completed := a.Status == Completed
		message.Result, message.ImageURLs = &completed, append([]string{}, a.ImageURLs...)
	}
	data, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode the announcement of task %q: %w", a.TaskID, err)
	}
	return data, nil
}
