// Command deliver is the Lambda function that copies each finished task's images from the output
// bucket to the delivery bucket. It is subscribed to the guidance's output topic. Its environment
// is [environment.Deliver].
package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
	"sdtasktracker/shared/warmup"
)

func main() { function.Main(setUp) }

func setUp(env environment.Deliver, cfg aws.Config, logger *slog.Logger) function.Handler[events.SNSEvent, *struct{}] {
	handler := &Handler{
		Table:       tasktable.New(dynamodb.NewFromConfig(cfg), env.Table),
		Copier:      newCopier(env, cfg),
		Environment: env,
		Log:         logger,
		Now:         time.Now,
	}
	if env.TaskEventsTopic != "" {
		handler.Events = &taskevent.Publisher{Client: sns.NewFromConfig(cfg), TopicARN: env.TaskEventsTopic}
	}
	handler.warmUp()
	return function.NoAnswer(handler.Handle)
}

// warmConnections is how many connections to S3 a sandbox opens at its start. They are enough
// for most tasks. Further connections resume their TLS sessions.
const warmConnections = 4

func (h *Handler) warmUp() {
	d := tasktable.Delivery{Status: tasktable.Delivered}
	warmup.Do(warmup.Announcement(h.Environment.OutputBucket, warmConnections),
		func(ctx context.Context, a announcement.Announcement) { h.Copier.CopyAll(ctx, a.ImageURLs, "") },
		func(ctx context.Context, a announcement.Announcement) { _, _ = h.Table.RecordDelivery(ctx, a, d) },
		func(ctx context.Context, a announcement.Announcement) { _, _ = h.publish(ctx, a, d) })
}

func newCopier(env environment.Deliver, cfg aws.Config) *Copier {
	client := NewClient(cfg, env.DeliveryRegion)
	return &Copier{
		Client:        client,
		Patient:       patient(client),
		SourceClient:  NewClient(cfg, ""),
		Source:        env.OutputBucket,
		Destination:   env.DeliveryBucket,
		FixExtensions: env.FixExtensions,
		MinPartBytes:  minPartBytes,
	}
}
