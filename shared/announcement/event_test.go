package announcement_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
)

// notification is a notification as SNS sends it to a queue.
const notification = `{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:us-east-1:000000000000:topic",
"Message":"{\"id\":\"<a>\"}","Timestamp":"2026-11-23T12:00:00.120Z","SignatureVersion":"1","Signature":"sig",
"SigningCertURL":"https://cert","UnsubscribeURL":"https://unsubscribe",
"MessageAttributes":{"k":{"Type":"String","Value":"v"}}}`

func TestReadNotification(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		message, err := announcement.ReadNotification([]byte(notification))
		want := events.SNSEntity{
			SignatureVersion: "1", Timestamp: time.Date(2026, 11, 23, 12, 0, 0, 120e6, time.UTC), Signature: "sig",
			SigningCertURL: "https://cert", MessageID: "m-1", Message: `{"id":"<a>"}`, Type: "Notification",
			MessageAttributes: map[string]any{"k": map[string]any{"Type": "String", "Value": "v"}},
			UnsubscribeURL:    "https://unsubscribe", TopicArn: "arn:aws:sns:us-east-1:000000000000:topic",
		}
		if err != nil || !reflect.DeepEqual(message, want) {
			t.Errorf("got  %+v, %v\nwant %+v", message, err, want)
		}
	})
	for name, body := range map[string]string{
		"ErrNotJSON":         `hello`,
		"ErrNotNotification": `{"Type":"SubscriptionConfirmation","MessageId":"m","Message":"x"}`,
		"ErrNoMessageID":     `{"Type":"Notification"}`,
		"ErrEvent":           `{"Records":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := announcement.ReadNotification([]byte(body)); err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestNewEvent: the names are those of Lambda's events.
func TestNewEvent(t *testing.T) {
	message, err := announcement.ReadNotification([]byte(notification))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(announcement.NewEvent(message, "arn:subscription"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"EventSubscriptionArn":"arn:subscription"`, `"SigningCertUrl"`, `"UnsubscribeUrl"`,
		`"Timestamp":"2026-11-23T12:00:00.12Z"`, `"Message":"{\"id\":\"\u003ca\u003e\"}"`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the event has no %s: %s", want, data)
		}
	}
}

// TestMarshal: Parse reads back what Marshal writes.
func TestMarshal(t *testing.T) {
	for name, a := range map[string]announcement.Announcement{
		"OKRunning": {TaskID: "a", Status: announcement.Running, Runtime: "r", Context: json.RawMessage(`{"n":[1.50,"é"]}`)},
		"OKCompleted": {TaskID: "7", Status: announcement.Completed, ImageURLs: []string{"s3://b/100% #1?.png"},
			OutputURL: "s3://b/7.out", Source: announcement.Reconciled},
		"OKFailed": {TaskID: "a", Status: announcement.Failed, ImageURLs: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := announcement.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := announcement.Parse(data); err != nil || !reflect.DeepEqual(got, a) {
				t.Errorf("%s is read as %+v, %v", data, got, err)
			}
		})
	}
}
