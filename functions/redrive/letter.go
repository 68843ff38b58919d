package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/snsevent"
)

// letter is a dead letter, understood.
type letter struct {
	message types.Message
	event   []byte // to invoke the function with
	taskID  string // "" where the message is no announcement
	reason  string // why it is a dead letter; "" from SNS, which does not tell
	sent    time.Time
}

// readLetter understands both kinds of dead letters: a function's is the event
// itself, with the reason as a message attribute ("Adding a dead-letter queue",
// AWS Lambda Developer Guide); a subscription's is the SNS notification.
func readLetter(message types.Message) (letter, error) {
	l := letter{message: message, reason: aws.ToString(message.MessageAttributes["ErrorMessage"].StringValue)}
	if ms, err := strconv.ParseInt(message.Attributes["SentTimestamp"], 10, 64); err == nil {
		l.sent = time.UnixMilli(ms)
	}
	body := []byte(aws.ToString(message.Body))
	var shape struct {
		Records json.RawMessage
		Type    string
	}
	if err := json.Unmarshal(body, &shape); err != nil {
		return l, unreadable(errors.New("the body is not JSON, neither an event nor an SNS notification"))
	}
	switch {
	case shape.Records != nil:
		l.event = body
	case shape.Type == "Notification":
		event, err := snsevent.FromEnvelope(body, "")
		if err != nil {
			return l, unreadable(err)
		}
		l.event = event
	default:
		return l, unreadable(errors.New("the body is neither an event nor an SNS notification"))
	}
	l.taskID = taskID(l.event)
	return l, nil
}

func unreadable(err error) error {
	return failure.Of(failure.Unreadable, fmt.Errorf("unreadable: %w", err))
}

// taskID finds the task an event is about, if it is an announcement.
func taskID(event []byte) string {
	var e events.SNSEvent
	if json.Unmarshal(event, &e) != nil || len(e.Records) == 0 {
		return ""
	}
	a, err := announcement.FromSNS(e.Records[0].SNS)
	if err != nil {
		return ""
	}
	return a.TaskID
}
