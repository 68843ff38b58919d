package deadletter

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/failure"
)

// Letter is a dead letter that was received.
type Letter struct {
	// Message is as SQS returned it.
	Message types.Message
	// ID is the message's ID in SQS.
	ID string
	// Event is the event for the function; nil if the body is unreadable.
	Event []byte
	// Unreadable is the error of a body that is not an event, of kind
	// [failure.Unreadable]; else nil.
	Unreadable error
	// SNSMessageID is the announcement's message ID, which the functions log; ""
	// if the body does not have it.
	SNSMessageID string
	// TaskID is "" if the message is neither an announcement nor a request.
	TaskID string
	// Reason is the function's error; "" if SNS sent the letter, because SNS
	// gives no reason.
	Reason string
	// Sent is when the letter was sent to the queue.
	Sent time.Time
}

// Read parses both kinds of dead letters: a function's is the event itself, with
// the reason as a message attribute ("Adding a dead-letter queue", AWS Lambda
// Developer Guide); a subscription's is the SNS notification.
func Read(message types.Message) Letter {
	l := Letter{
		Message: message, ID: aws.ToString(message.MessageId),
		Reason: aws.ToString(message.MessageAttributes["ErrorMessage"].StringValue),
	}
	if ms, err := strconv.ParseInt(message.Attributes["SentTimestamp"], 10, 64); err == nil {
		l.Sent = time.UnixMilli(ms)
	}
	event, err := readEvent([]byte(aws.ToString(message.Body)))
	if err != nil {
		l.Unreadable = failure.Of(failure.Unreadable, fmt.Errorf("unreadable: %w", err))
		return l
	}
	l.Event = event
	l.SNSMessageID, l.TaskID = identify(event)
	return l
}

func readEvent(body []byte) ([]byte, error) {
	var shape struct {
		Records json.RawMessage
		Type    string
	}
	if err := json.Unmarshal(body, &shape); err != nil {
		return nil, errors.New("the body is not JSON, neither an event nor an SNS notification")
	}
	switch {
	case shape.Records != nil:
		return body, nil
	case shape.Type == "Notification":
		message, err := announcement.ReadNotification(body)
		if err != nil {
			return nil, err
		}
		return json.Marshal(announcement.NewEvent(message, ""))
	}
	return nil, errors.New("the body is neither an event nor an SNS notification")
}

// identify returns the ID of an event's message, and its task if the message is an
// announcement or a request.
func identify(event []byte) (snsMessageID, taskID string) {
	var e events.SNSEvent
	if json.Unmarshal(event, &e) != nil || len(e.Records) == 0 {
		return "", ""
	}
	message := e.Records[0].SNS
	a, err := announcement.FromSNS(message)
	if err != nil {
		request, _ := announcement.RequestFromSNS(message)
		a = request.Task
	}
	return message.MessageID, a.TaskID
}

// Age returns how long the letter has been in the queue.
func (l Letter) Age(now time.Time) time.Duration { return now.Sub(l.Sent) }

// Matches reports whether the letter meets the request's conditions. ErrorContains
// applies to Reason and Unreadable.
func (l Letter) Matches(request Request, now time.Time) bool {
	inError := strings.Contains(l.Reason, request.ErrorContains) ||
		l.Unreadable != nil && strings.Contains(l.Unreadable.Error(), request.ErrorContains)
	return inError && l.isOf(request.TaskID) && l.Age(now) >= time.Duration(request.OlderThan)
}

// isOf reports whether the letter belongs to a task. The id may be the announced or
// the caller's; "" means any task.
func (l Letter) isOf(taskID string) bool {
	return taskID == "" || taskID == l.TaskID || announcement.AnnouncedID(taskID) == l.TaskID
}
