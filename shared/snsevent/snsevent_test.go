package snsevent_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/snsevent"
)

// notification is one as SNS puts it in a queue.
const notification = `{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:us-east-1:000000000000:topic",
"Message":"{\"id\":\"<a>\"}","Timestamp":"2026-11-23T12:00:00.120Z","SignatureVersion":"1","Signature":"sig",
"SigningCertURL":"https://cert","UnsubscribeURL":"https://unsubscribe"}`

func TestFromEnvelope(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		data, err := snsevent.FromEnvelope([]byte(notification), "arn:subscription")
		if err != nil {
			t.Fatal(err)
		}
		var event events.SNSEvent
		if err := json.Unmarshal(data, &event); err != nil {
			t.Fatal(err)
		}
		record := event.Records[0]
		if record.EventSource != "aws:sns" || record.EventSubscriptionArn != "arn:subscription" || record.EventVersion != "1.0" {
			t.Errorf("got %+v", record)
		}
		got := record.SNS
		if got.MessageID != "m-1" || got.Message != `{"id":"<a>"}` || got.SigningCertURL != "https://cert" || got.UnsubscribeURL != "https://unsubscribe" ||
			!got.Timestamp.Equal(time.Date(2026, 11, 23, 12, 0, 0, 120e6, time.UTC)) {
			t.Errorf("got %+v", got)
		}
		for _, want := range []string{`"Timestamp":"2026-11-23T12:00:00.120Z"`, `"SigningCertUrl"`, `"UnsubscribeUrl"`, `"MessageAttributes":{}`, `"Subject":null`} {
			if !strings.Contains(string(data), want) {
				t.Errorf("the event has no %s: %s", want, data)
			}
		}
	})
	for name, body := range map[string]string{
		"ErrNotJSON":         `hello`,
		"ErrNotNotification": `{"Type":"SubscriptionConfirmation","MessageId":"m","Message":"x"}`,
		"ErrEvent":           `{"Records":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := snsevent.FromEnvelope([]byte(body), ""); err == nil {
				t.Error("no error")
			}
		})
	}
}
