package warmup

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
)

// Announcement is an SNS message of a task that does not exist, with the fields of most
// announcements and some images in a bucket.
func Announcement(bucket string, images int) events.SNSEntity {
	a := announcement.Announcement{
		TaskID: "warm-up", Runtime: "warm-up", Status: announcement.Completed, Context: json.RawMessage(`{"seed":1}`),
		OutputURL: "s3://" + bucket + "/warm-up.out",
	}
	for n := range images {
		a.ImageURLs = append(a.ImageURLs, fmt.Sprintf("s3://%s/warm-up-%d.png", bucket, n+1))
	}
	message, _ := announcement.Marshal(a) // its context is JSON
	return events.SNSEntity{
		MessageID: "warm-up", Timestamp: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Message: string(message),
	}
}
