package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/deliverykey"
	"sdtasktracker/shared/tasktable"
)

// smokeTime is how long a task of the doctor's may take: a cold start of both
// functions, and a retry.
const smokeTime = 2 * time.Minute

// pixel is an image, of one transparent pixel.
var pixel, _ = base64.StdEncoding.DecodeString(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9" +
		"awAAAABJRU5ErkJggg==",
)

// smoked is a task that nobody asked the publisher for.
type smoked struct {
	*examination
	announcement.Announcement
	image, output string // keys
	from, to      *s3.Client
	table         *tasktable.Table
	delivered     string // the copy's key
}

// smoke publishes one announcement with an image of its own, waits for its item and
// its copy, and removes all of it, however it went.
func (x *examination) smoke(ctx context.Context) []check {
	const about = "a task of its own"
	s := x.newSmoked()
	err := s.run(ctx)
	cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
	defer cancel()
	left := s.remove(cleaning)
	var checks []check
	if err != nil {
		checks = append(checks, bad(about, "the functions' logs and the dead-letter queues say more: task "+s.TaskID,
			"%v", err))
	} else {
		checks = append(checks, ok(about, "it was announced, recorded and delivered"))
	}
	if left != nil {
		checks = append(checks, bad("what it left", "remove it yourself", "%v", left))
	}
	return checks
}

func (x *examination) newSmoked() *smoked {
	id := "sdtasks-doctor-" + rand.Text()[:10]
	run := fmt.Sprintf("%s/%s-0000", id, id)
	table := taskOutputs{}
	table.TaskTable = x.TaskTable
	s := &smoked{
		examination: x, image: run + "-1.png", output: run + ".out", table: table.newTable(x.cfg),
		from: s3.NewFromConfig(x.cfg), to: newRegionalClient(x.cfg, x.deliveryRegion()),
	}
	s.Announcement = announcement.Announcement{TaskID: id, Runtime: "sdtasks-doctor"}
	s.delivered = deliverykey.Prefix(x.setting("deliveryPrefix"), s.Announcement) + s.image
	return s
}

func (s *smoked) run(ctx context.Context) error {
	for key, body := range map[string][]byte{s.image: pixel, s.output: []byte(`{"code": 200}`)} {
		_, err := s.from.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(s.OutputBucket), Key: aws.String(key), Body: bytes.NewReader(body)})
		if err != nil {
			return fmt.Errorf("upload %s: %w", key, err)
		}
	}
	bucket := "s3://" + s.OutputBucket + "/"
	message, err := json.Marshal(map[string]any{
		"runtime": s.Runtime, "id": s.TaskID, "result": true, "status": announcement.Completed,
		"image_url": []string{bucket + s.image}, "output_url": bucket + s.output, "context": map[string]any{},
	})
	if err != nil {
		return err
	}
	_, err = sns.NewFromConfig(s.cfg).Publish(ctx, &sns.PublishInput{
		TopicArn: aws.String(s.TopicARN), Message: aws.String(string(message))})
	if err != nil {
		return fmt.Errorf("publish its announcement: %w", err)
	}
	if err := s.await(ctx); err != nil {
		return err
	}
	return s.compare(ctx)
}

// await waits for the item to tell of the delivery.
func (s *smoked) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, smokeTime)
	defer cancel()
	var task tasktable.Task
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		var err error
		task, err = s.table.Get(ctx, s.TaskID)
		switch {
		case err != nil && !errors.Is(err, tasktable.ErrNotFound) && ctx.Err() == nil:
			return err
		case task.DeliveryStatus == tasktable.DeliveryFailed:
			return fmt.Errorf("it is not delivered: %s", task.DeliveryError)
		case task.Status == announcement.Completed && task.DeliveryStatus == tasktable.Delivered:
			return nil
		}
		if !pause(ctx, wait) {
			return fmt.Errorf(
				"after %v, its status is %q, and its delivery's %q",
				smokeTime,
				task.Status,
				task.DeliveryStatus,
			)
		}
	}
}

// compare compares the copy with the image.
func (s *smoked) compare(ctx context.Context) error {
	out, err := s.to.GetObject(
		ctx,
		&s3.GetObjectInput{Bucket: aws.String(s.DeliveryBucket), Key: aws.String(s.delivered)},
	)
	if err != nil {
		return fmt.Errorf("read its copy: %w", err)
	}
	defer out.Body.Close()
	copied, err := io.ReadAll(io.LimitReader(out.Body, int64(len(pixel))+1))
	if err != nil {
		return fmt.Errorf("read its copy: %w", err)
	}
	if !bytes.Equal(copied, pixel) {
		return errors.New("its copy is not the image")
	}
	return nil
}

// remove removes what there may be of the task, and tells what it could not.
func (s *smoked) remove(ctx context.Context) error {
	remove := func(client *s3.Client, bucket, key string) error {
		_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		if err != nil {
			return fmt.Errorf("delete s3://%s/%s: %w", bucket, key, err)
		}
		return nil
	}
	_, err := s.table.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: aws.String(s.TaskTable),
		Key: map[string]types.AttributeValue{
			tasktable.PartitionKey: &types.AttributeValueMemberS{Value: s.TaskID},
		},
	})
	if err != nil {
		err = fmt.Errorf("delete item %s of table %s: %w", s.TaskID, s.TaskTable, err)
	}
	return errors.Join(err, remove(s.from, s.OutputBucket, s.image), remove(s.from, s.OutputBucket, s.output),
		remove(s.to, s.DeliveryBucket, s.delivered))
}
