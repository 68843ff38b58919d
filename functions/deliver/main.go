// Command deliver is the Lambda function that copies each finished task's images from the output
// bucket to the delivery bucket. It is subscribed to the guidance's output topic. Its environment
// is [environment.Deliver].
package main

import (
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"

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
	warmup.Do(warmup.Announcement(env.OutputBucket, warmConnections),
		handler.warmUpCopies, handler.warmUpTable, handler.warmUpEvents)
	return function.NoAnswer(handler.Handle)
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
