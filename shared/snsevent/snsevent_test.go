package snsevent_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/snsevent"
)

// notification is a notification as SNS sends it to a queue.
const notification = `{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:us-east-1:000000000000:topic",
"Message":"{\"id\":\"<a>\"}","Timestamp":"2026-11-23T12:00:00.120Z","SignatureVersion":"1","Signature":"sig",
"SigningCertURL":"https://cert","UnsubscribeURL":"https://unsubscribe"}`

func TestFromEnvelope(t *testing.T) {
	data, err := snsevent.FromEnvelope([]byte(notification), "arn:subscription")
	if err != nil {
		t.Fatal(err)
	}
	var got events.SNSEvent
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	want := events.SNSEvent{Records: []events.SNSEventRecord{{
		EventVersion: "1.0", EventSubscriptionArn: "arn:subscription", EventSource: "aws:sns",
		SNS: events.SNSEntity{
			SignatureVersion: "1", Timestamp: time.Date(2026, 11, 23, 12, 0, 0, 120e6, time.UTC), Signature: "sig",
			SigningCertURL: "https://cert", MessageID: "m-1", Message: `{"id":"<a>"}`,
			MessageAttributes: map[string]any{}, Type: "Notification", UnsubscribeURL: "https://unsubscribe",
			TopicArn: "arn:aws:sns:us-east-1:000000000000:topic",
		},
	}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for _, spelled := range []string{
		`"Timestamp":"2026-11-23T12:00:00.120Z"`, `"SigningCertUrl"`, `"UnsubscribeUrl"`, `"Subject":null`,
	} {
		if !strings.Contains(string(data), spelled) {
			t.Errorf("the event has no %s: %s", spelled, data)
		}
	}
}

func TestFromEnvelopeKeepsSubjectAndAttributes(t *testing.T) {
	attributes := `{"k":{"Type":"String","Value":"v"}}`
	body := `{"Type":"Notification","MessageId":"m","Message":"x","Subject":"s","MessageAttributes":` + attributes + `}`
	data, err := snsevent.FromEnvelope([]byte(body), "")
	if err != nil || !strings.Contains(string(data), `"MessageAttributes":`+attributes) ||
		!strings.Contains(string(data), `"Subject":"s"`) {
		t.Errorf("got %s, %v", data, err)
	}
}

func TestErrFromEnvelope(t *testing.T) {
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
