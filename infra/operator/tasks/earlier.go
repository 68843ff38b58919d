package tasks

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/tasktable"
)

// objectOfRun matches the key of an image or a raw output. Its groups are what precedes the run's four random digits,
// and the digits.
var objectOfRun = regexp.MustCompile(`^(.*-)([0-9a-f]{4})(?:-[0-9]+)?\.[^/]+$`)

// earlierRuns returns the delivered objects of a task's runs, except the run that its item shows. note says why they
// are not known; it is "" if they are known or the task has only one run.
func earlierRuns(ctx context.Context, d *deployment.Deployment, t tasktable.Task) (uris []string, note string) {
	if others := t.Runs - 1; others < 1 && (t.Runs < 1 || t.Status == announcement.Completed) {
		return nil, ""
	}
	key := runKey(d, t)
	parts := objectOfRun.FindStringSubmatch(key)
	if parts == nil {
		return nil, "not known: the item names no object of a run"
	}
	shown := parts[1] + parts[2]
	pages := s3.NewListObjectsV2Paginator(d.DeliveryClient(),
		&s3.ListObjectsV2Input{Bucket: aws.String(d.DeliveryBucket), Prefix: aws.String(parts[1])})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			says, do := deployment.Diagnose(err, "s3:ListBucket of the delivery bucket")
			return nil, fmt.Sprintf("not known: list bucket %s: %s; %s", d.DeliveryBucket, says, do)
		}
		for _, o := range page.Contents {
			found := objectOfRun.FindStringSubmatch(aws.ToString(o.Key))
			if found != nil && found[1] == parts[1] && found[1]+found[2] != shown {
				uris = append(uris, "s3://"+d.DeliveryBucket+"/"+aws.ToString(o.Key))
			}
		}
	}
	return uris, ""
}

// runKey returns the key, in the delivery bucket, of an object of the run that the item shows; "" if the item names no
// object.
func runKey(d *deployment.Deployment, t tasktable.Task) string {
	if len(t.Delivered) > 0 {
		bucket, key, _ := delivery.SplitURI(t.Delivered[0])
		if bucket != d.DeliveryBucket { // delivered before the setting deliveryBucket changed
			return ""
		}
		return key
	}
	_, key, ok := delivery.SplitURI(t.OutputURL)
	if !ok || !strings.HasSuffix(key, ".out") {
		return ""
	}
	return delivery.Prefix(d.Setting("deliveryPrefix"), announcement.Announcement{
		TaskID: t.ID, Runtime: t.Runtime, Context: t.Context, PublishedAt: t.UpdatedAt}) + key
}
