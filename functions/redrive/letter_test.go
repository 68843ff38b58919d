package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/failure"
)

const (
	event = `{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"m","Timestamp":"2026-11-23T12:00:00.120Z","Message":"{\"id\":\"a\",\"result\":true}"}}]}`
	note  = `{"Type":"Notification","MessageId":"m","Timestamp":"2026-11-23T12:00:00.120Z","Message":"{\"id\":\"a\",\"result\":true}"}`
)

func TestReadLetter(t *testing.T) {
	for name, test := range map[string]struct {
		body, taskID, problem string
		same                  bool // the event is the body as it is
	}{
		"OKEvent":              {body: event, taskID: "a", same: true},
		"OKNotification":       {body: note, taskID: "a"},
		"OKPoisonEvent":        {body: strings.Replace(event, "result", "rasult", 1), same: true},
		"OKPoisonNotification": {body: strings.Replace(note, `{\"id\"`, `\"id\"`, 1)},
		"OKOddRecords":         {body: `{"Records":7}`, same: true},
		"ErrNotJSON":           {body: "hello", problem: "not JSON"},
		"ErrOther":             {body: `{"Type":"SubscriptionConfirmation"}`, problem: "neither"},
		"ErrEmptyNotification": {body: `{"Type":"Notification"}`, problem: "MessageId"},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := readLetter(types.Message{Body: aws.String(test.body), Attributes: map[string]string{"SentTimestamp": "1700000000000"},
				MessageAttributes: map[string]types.MessageAttributeValue{"ErrorMessage": {StringValue: aws.String("why")}}})
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) || failure.KindOf(err) != failure.Unreadable {
					t.Errorf("error is %v, want it to say %q", err, test.problem)
				}
				return
			}
			if err != nil || l.taskID != test.taskID || l.reason != "why" || l.sent.UnixMilli() != 1700000000000 {
				t.Errorf("got %+v, %v", l, err)
			}
			if test.same && string(l.event) != test.body {
				t.Errorf("the event is %s", l.event)
			}
		})
	}
}

// FuzzReadLetter: whatever is in a queue is either an event to invoke with, or
// unreadable for a reason.
func FuzzReadLetter(f *testing.F) {
	for _, body := range []string{event, note, "", "{}", `{"Records":null}`, `{"Type":"Notification","MessageId":"m","Message":""}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		l, err := readLetter(types.Message{Body: aws.String(body)})
		if err == nil && !json.Valid(l.event) {
			t.Errorf("%q became the event %q", body, l.event)
		}
		if err != nil && failure.KindOf(err) != failure.Unreadable {
			t.Errorf("%q is refused as %v", body, err)
		}
	})
}
