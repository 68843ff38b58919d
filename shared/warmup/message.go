package warmup

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Announcement is an SNS message of a task that does not exist, with the fields of most
// announcements and some images in a bucket.
func Announcement(bucket string, images int) events.SNSEntity {
	urls := make([]string, images)
	for n := range urls {
		urls[n] = fmt.Sprintf(`"s3://%s/warm-up-%d.png"`, bucket, n+1)
	}
	return events.SNSEntity{
		MessageID: "warm-up", Timestamp: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Message: `{"id":"warm-up","runtime":"warm-up","status":"completed","result":true,"context":{"seed":1},` +
			`"image_url":[` + strings.Join(urls, ",") + `],"output_url":"s3://` + bucket + `/warm-up.out"}`,
	}
}
