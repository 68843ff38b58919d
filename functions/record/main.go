// Command record is the Lambda function that records each task's status in the
// task table. It subscribes to the guidance's output topic. [environment.Record]
// declares its environment.
package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/shared/announcement"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/taskevent"
	"sdtasktracker/shared/tasktable"
	"sdtasktracker/shared/warmup"
)

func main() { function.Main(setUp) }

func setUp(env environment.Record, cfg aws.Config, logger *slog.Logger) function.Handler[events.SNSEvent, *struct{}] {
	handler := &Handler{
		Table:       tasktable.New(dynamodb.NewFromConfig(cfg), env.Table),
		Environment: env,
		Log:         logger,
		Now:         time.Now,
	}
	if env.OutputBucket != "" {
		handler.Outputs = s3.NewFromConfig(cfg)
	}
	if env.TaskEventsTopic != "" {
		handler.Events = &taskevent.Publisher{Client: sns.NewFromConfig(cfg), TopicARN: env.TaskEventsTopic}
	}
	// The warm-up reads no output, because few tasks fail.
	warmup.Do(warmup.Announcement("warm-up", 1), func(ctx context.Context, a announcement.Announcement) {
		_, _ = handler.Table.Record(ctx, a)
	})
	return function.NoAnswer(handler.Handle)
}
