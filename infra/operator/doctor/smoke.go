package doctor

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/delivery"
	"sdtasktracker/shared/tasktable"
)

// smokeTimeout leaves time for cold starts of both functions and a retry.
const smokeTimeout = 2 * time.Minute

// pixel is a PNG image of one transparent pixel.
var pixel, _ = base64.StdEncoding.DecodeString(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")

// object is an object in S3.
type object struct {
	client      *s3.Client
	bucket, key string
}

func (o object) uri() string { return "s3://" + o.bucket + "/" + o.key }

// trial is a task that the guidance knows nothing about.
type trial struct {
	stack         *deployment.Deployment
	table         *tasktable.Table
	announcement  announcement.Announcement
	image, output object // where the guidance would write them
	copy          object // where deliver should write it
}

// smoke announces a task with an image of its own, and waits for its item and its copy. It always removes them, even if
// the test fails.
func smoke(ctx context.Context, p *output.Printer, stack *deployment.Deployment, clock command.Clock) []check.Result {
	const about = "smoke test"
	t := newTrial(stack, clock.Now())
	if p.Watched {
		p.Progressf("Sending task %s through the topic, and waiting up to %v for its item and its copy …\n",
			t.announcement.TaskID, smokeTimeout)
	}
	result := check.Right(about, "a task was announced, recorded and delivered")
	if err := t.run(ctx, clock); err != nil {
		result = check.Wrong(about,
			"look for task "+t.announcement.TaskID+" in the functions' logs and in the dead-letter queues", "%v", err)
	}
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), check.Timeout)
	defer cancel()
	if err := t.remove(cleaning); err != nil {
		return []check.Result{result, check.Wrong("traces of the smoke test", "remove them yourself", "%v", err)}
	}
	return []check.Result{result}
}

func newTrial(stack *deployment.Deployment, now time.Time) *trial {
	id := "sdtasks-doctor-" + rand.Text()[:10]
	run := id + "/" + id + "-0000"
	from := s3.NewFromConfig(stack.Config)
	t := &trial{
		stack: stack, table: stack.Table(),
		image: object{from, stack.OutputBucket, run + "-1.png"}, output: object{from, stack.OutputBucket, run + ".out"},
	}
	t.announcement = announcement.Announcement{
		TaskID: id, Runtime: "sdtasks-doctor", Status: announcement.Completed, ImageURLs: []string{t.image.uri()},
		OutputURL: t.output.uri(), Context: json.RawMessage("{}"), PublishedAt: now, // for a prefix with the date
	}
	prefix := delivery.Prefix(stack.Setting("deliveryPrefix"), t.announcement)
	t.copy = object{stack.DeliveryClient(), stack.DeliveryBucket, prefix + t.image.key}
	return t
}

func (t *trial) run(ctx context.Context, clock command.Clock) error {
	if err := t.image.put(ctx, pixel); err != nil {
		return err
	}
	if err := t.output.put(ctx, []byte(`{"code": 200}`)); err != nil {
		return err
	}
	if err := t.announce(ctx); err != nil {
		return fmt.Errorf("publish the announcement: %w", err)
	}
	if err := t.await(ctx, clock); err != nil {
		return err
	}
	copied, err := t.copy.client.HeadObject(ctx,
		&s3.HeadObjectInput{Bucket: aws.String(t.copy.bucket), Key: aws.String(t.copy.key)})
	if err != nil {
		return fmt.Errorf("read %s: %w", t.copy.uri(), err)
	}
	if size := aws.ToInt64(copied.ContentLength); size != int64(len(pixel)) {
		return fmt.Errorf("%s has %d bytes, but the image has %d", t.copy.uri(), size, len(pixel))
	}
	return nil
}

// announce publishes that the task completed, in the guidance's form.
func (t *trial) announce(ctx context.Context) error {
	message, err := announcement.Marshal(t.announcement)
	if err != nil {
		return err
	}
	_, err = sns.NewFromConfig(t.stack.Config).Publish(ctx,
		&sns.PublishInput{TopicArn: aws.String(t.stack.TopicARN), Message: aws.String(string(message))})
	return err
}

// await waits until the item shows the task as completed and delivered.
func (t *trial) await(ctx context.Context, clock command.Clock) error {
	ctx, cancel := context.WithTimeout(ctx, smokeTimeout)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		task, err := t.table.Get(ctx, t.announcement.TaskID)
		switch {
		case err != nil && !errors.Is(err, tasktable.ErrNotFound) && ctx.Err() == nil:
			return err
		case task.DeliveryStatus == tasktable.DeliveryFailed:
			return fmt.Errorf("the image was not delivered: %s", task.DeliveryError)
		case task.Status == announcement.Completed && task.DeliveryStatus == tasktable.Delivered:
			return nil
		}
		if clock.Pause(ctx, pause) != nil {
			why := "not complete after " + smokeTimeout.String()
			if errors.Is(ctx.Err(), context.Canceled) {
				why = "interrupted"
			}
			return fmt.Errorf("%s: its status is %q and its delivery is %q", why, task.Status, task.DeliveryStatus)
		}
	}
}

// remove removes all traces of the task.
func (t *trial) remove(ctx context.Context) error {
	_, err := t.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(t.table.Name),
		Key: map[string]types.AttributeValue{
			tasktable.PartitionKey: &types.AttributeValueMemberS{Value: t.announcement.TaskID},
		},
	})
	if err != nil {
		err = fmt.Errorf("delete item %s of table %s: %w", t.announcement.TaskID, t.table.Name, err)
	}
	for _, o := range []object{t.image, t.output, t.copy} {
		_, deleteErr := o.client.DeleteObject(ctx,
			&s3.DeleteObjectInput{Bucket: aws.String(o.bucket), Key: aws.String(o.key)})
		if deleteErr != nil {
			err = errors.Join(err, fmt.Errorf("delete %s: %w", o.uri(), deleteErr))
		}
	}
	return err
}

func (o object) put(ctx context.Context, body []byte) error {
	_, err := o.client.PutObject(ctx,
		&s3.PutObjectInput{Bucket: aws.String(o.bucket), Key: aws.String(o.key), Body: bytes.NewReader(body)})
	if err != nil {
		return fmt.Errorf("upload %s: %w", o.uri(), err)
	}
	return nil
}
