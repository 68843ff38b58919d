// Package snsevent converts the notification that Amazon SNS sends to an SQS
// queue into the event that SNS invokes a Lambda function with. The two formats
// spell some fields differently.
package snsevent

import (
	"encoding/json"
	"fmt"
)

// envelope is a notification as SNS sends it to a queue, in the same format as
// to an HTTP endpoint ("HTTP/HTTPS notification JSON format" in the Amazon SNS
// Developer Guide).
type envelope struct {
	Type              string
	MessageID         string `json:"MessageId"`
	TopicARN          string `json:"TopicArn"`
	Subject           *string
	Message           *string
	Timestamp         string
	SignatureVersion  string
	Signature         string
	SigningCertURL    string
	UnsubscribeURL    string
	MessageAttributes json.RawMessage
}

// The event, with the fields listed in "Using Lambda with Amazon SNS" in the AWS
// Lambda Developer Guide.
type (
	event struct {
		Records []record
	}
	record struct {
		EventVersion         string
		EventSubscriptionARN string `json:"EventSubscriptionArn"`
		EventSource          string
		SNS                  entity `json:"Sns"`
	}
	entity struct {
		SignatureVersion  string
		Timestamp         string
		Signature         string
		SigningCertURL    string `json:"SigningCertUrl"`
		MessageID         string `json:"MessageId"`
		Message           string
		MessageAttributes json.RawMessage
		Type              string
		UnsubscribeURL    string `json:"UnsubscribeUrl"`
		TopicARN          string `json:"TopicArn"`
		Subject           *string
	}
)

// FromEnvelope converts a notification from a queue, as JSON, into the event that
// SNS would have invoked a function with through that subscription. The message
// itself is unchanged. FromEnvelope returns an error if body is not a
// notification.
func FromEnvelope(body []byte, subscriptionARN string) ([]byte, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("read SNS notification: %w", err)
	}
	if e.Type != "Notification" || e.MessageID == "" || e.Message == nil {
		return nil, fmt.Errorf("read SNS notification: it must have Type %q, a MessageId and a Message", "Notification")
	}
	if e.MessageAttributes == nil {
		e.MessageAttributes = json.RawMessage("{}")
	}
	return json.Marshal(event{Records: []record{{
		EventVersion:         "1.0",
		EventSubscriptionARN: subscriptionARN,
		EventSource:          "aws:sns",
		SNS: entity{
			SignatureVersion:  e.SignatureVersion,
			Timestamp:         e.Timestamp,
			Signature:         e.Signature,
			SigningCertURL:    e.SigningCertURL,
			MessageID:         e.MessageID,
			Message:           *e.Message,
			MessageAttributes: e.MessageAttributes,
			Type:              e.Type,
			UnsubscribeURL:    e.UnsubscribeURL,
			TopicARN:          e.TopicARN,
			Subject:           e.Subject,
		},
	}}})
}
