package warmup

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"sdtasktracker/shared/announcement"
)

// Announcement returns an SNS message that announces a task that does not exist. It has the
// usual fields, and a number of images in a bucket.
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
