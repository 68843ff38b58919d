package e2e

import (
	"fmt"
	"testing"
	"time"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/failure"
)

// TestRecordLetterIsDelivered redrives a dead letter of record that deliver has not failed
// on: redriving record's dead letters also invokes deliver.
func TestRecordLetterIsDelivered(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	id := newID(t)
	key := "output/" + id + ".png"
	message := fmt.Sprintf(`{"id":%q,"result":true,"image_url":["s3://%s/%s"],"context":NaN}`,
		id, local.Outputs[deployment.OutputBucket], key)
	bury(t, "record", snsEvent(id, time.Now(), message), "NaN is not JSON")
	redrive := deadletter.Request{Queue: "record"}
	t.Run("OKNotBeforeImageIsThere", func(t *testing.T) {
		counts := callRedrive(t, redrive).Queues["record"]
		if counts.Failed != 1 || counts.Errors[failure.NotDelivered] != 1 || counts.Left != 1 {
			t.Errorf("got %+v", counts)
		}
	})
	upload(t, key, []byte("an image"))
	if counts := callRedrive(t, redrive).Queues["record"]; counts.Redriven != 1 || counts.Left != 0 {
		t.Errorf("got %+v", counts)
	}
	got := getItem(t, id)
	if got.text("status") != "completed" || got.text("delivery_status") != "delivered" {
		t.Errorf("got %v", got)
	}
	wantDelivered(t, key, []byte("an image"))
}

// TestRecordLetterStays: redrive doesn't invoke deliver with a message that is still not an announcement.
func TestRecordLetterStays(t *testing.T) {
	start(t)
	purge(t)
	defer purge(t)
	messageID := newID(t)
	bury(t, "record", snsEvent(messageID, time.Now(), `{"id":7}`), "before")
	counts := callRedrive(t, deadletter.Request{Queue: "record"}).Queues["record"]
	if counts.Failed != 1 || counts.Errors[failure.Invalid] != 1 || counts.Left != 1 {
		t.Errorf("got %+v", counts)
	}
	if lines := logLines(t, deliverFunction, messageID); len(lines) > 0 {
		t.Errorf("deliver has logged %v", lines)
	}
}
