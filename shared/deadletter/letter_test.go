package deadletter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/failure"
)

const (
	event = `{"Records":[{"EventSource":"aws:sns","Sns":` + note + `}]}`
	note  = `{"Type":"Notification","MessageId":"m","Timestamp":"2026-11-23T12:00:00.120Z",` +
		`"Message":"{\"id\":\"a\",\"result\":true}"}`
)

// message is an SQS message with a body, as Lambda would have sent it.
func message(body string) types.Message {
	return types.Message{
		MessageId: aws.String("s"), Body: aws.String(body), Attributes: map[string]string{"SentTimestamp": "1700000000000"},
		MessageAttributes: map[string]types.MessageAttributeValue{"ErrorMessage": {StringValue: aws.String("why")}},
	}
}

func TestRead(t *testing.T) {
	for name, test := range map[string]struct {
		body, taskID, snsMessageID string
		same                       bool // the event is the body as it is
	}{
		"OKEvent":              {body: event, taskID: "a", snsMessageID: "m", same: true},
		"OKNotification":       {body: note, taskID: "a", snsMessageID: "m"},
		"OKPoisonEvent":        {body: strings.Replace(event, "result", "rasult", 1), snsMessageID: "m", same: true},
		"OKPoisonNotification": {body: strings.Replace(note, `{\"id\"`, `\"id\"`, 1), snsMessageID: "m"},
		"OKOddRecords":         {body: `{"Records":7}`, same: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := deadletter.Read(message(test.body))
			if l.Unreadable != nil || l.TaskID != test.taskID || l.SNSMessageID != test.snsMessageID {
				t.Errorf("got %+v", l)
			}
			if l.ID != "s" || l.Reason != "why" || l.Sent.UnixMilli() != 1700000000000 {
				t.Errorf("got %+v", l)
			}
			if test.same && string(l.Event) != test.body {
				t.Errorf("the event is %s", l.Event)
			}
		})
	}
	for name, test := range map[string]struct{ body, want string }{
		"ErrNotJSON":           {"hello", "not JSON"},
		"ErrOther":             {`{"Type":"SubscriptionConfirmation"}`, "neither"},
		"ErrEmptyNotification": {`{"Type":"Notification"}`, "MessageId"},
	} {
		t.Run(name, func(t *testing.T) {
			err := deadletter.Read(message(test.body)).Unreadable
			if err == nil || !strings.Contains(err.Error(), test.want) || failure.KindOf(err) != failure.Unreadable {
				t.Errorf("error is %v, want it to say %q", err, test.want)
			}
		})
	}
}

// requestEvent is a request's.
var requestEvent = strings.Replace(event, `{\"id\":\"a\"`, `{\"metadata\":{\"id\":\"a\"},\"content\":{}`, 1)

func TestMatches(t *testing.T) {
	longID := strings.Repeat("l", 64)
	longEvent := strings.Replace(event, `\"a\"`, `\"`+longID+`\"`, 1)
	now := time.UnixMilli(1700000000000).Add(time.Hour)
	for name, test := range map[string]struct {
		body    string
		request deadletter.Request
		want    bool
	}{
		"OK":             {event, deadletter.Request{}, true},
		"OKTask":         {event, deadletter.Request{TaskID: "a"}, true},
		"ErrOtherTask":   {event, deadletter.Request{TaskID: "b"}, false},
		"OKLongerID":     {longEvent, deadletter.Request{TaskID: longID + "x"}, true},
		"OKAnnouncedID":  {longEvent, deadletter.Request{TaskID: longID}, true},
		"ErrShorterID":   {longEvent, deadletter.Request{TaskID: longID[:63]}, false},
		"OKRequest":      {requestEvent, deadletter.Request{TaskID: "a"}, true},
		"ErrOtherTasks":  {requestEvent, deadletter.Request{TaskID: "b"}, false},
		"OKReason":       {event, deadletter.Request{ErrorContains: "wh"}, true},
		"ErrOtherReason": {event, deadletter.Request{ErrorContains: "what"}, false},
		"OKUnreadable":   {"hello", deadletter.Request{ErrorContains: "is not JSON"}, true},
		"OKOldEnough":    {event, deadletter.Request{OlderThan: deadletter.Duration(time.Hour)}, true},
		"ErrTooYoung":    {event, deadletter.Request{OlderThan: deadletter.Duration(2 * time.Hour)}, false},
		"ErrOneOfTwo":    {event, deadletter.Request{TaskID: "a", ErrorContains: "what"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := deadletter.Read(message(test.body)).Matches(test.request, now); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// FuzzRead: any message is either an event or unreadable for a reason.
func FuzzRead(f *testing.F) {
	for _, body := range []string{
		event, note, "", "{}", `{"Records":null}`, `{"Type":"Notification","MessageId":"m","Message":""}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		l := deadletter.Read(types.Message{Body: aws.String(body)})
		if l.Unreadable == nil && !json.Valid(l.Event) {
			t.Errorf("%q became the event %q", body, l.Event)
		}
		if l.Unreadable != nil && (failure.KindOf(l.Unreadable) != failure.Unreadable || l.Event != nil) {
			t.Errorf("%q is refused as %v", body, l.Unreadable)
		}
	})
}
