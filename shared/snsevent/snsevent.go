// Package snsevent turns what Amazon SNS puts in a queue into what it invokes
// a Lambda function with. The two spell some fields differently.
package snsevent

import (
	"encoding/json"
	"fmt"
)

// envelope is a notification as SNS writes it to a queue ("HTTP/HTTPS
// notification JSON format" in the Amazon SNS Developer Guide; queues get the
// same).
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

// The event, field by field as in "Using Lambda with Amazon SNS" of the AWS
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

// FromEnvelope makes the event that SNS would have invoked a function with
// from the notification it put in a queue instead. The message itself is taken
// over as it is.
func FromEnvelope(body []byte, subscriptionARN string) ([]byte, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("read SNS notification: %w", err)
	}
	if e.Type != "Notification" || e.MessageID == "" || e.Message == nil {
		return nil, fmt.Errorf("read SNS notification: it has no Type %q, MessageId and Message", "Notification")
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
