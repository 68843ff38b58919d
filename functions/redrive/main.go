// Command redrive is the Lambda function that puts dead letters back through
// the functions they are meant for. An operator invokes it; package
// shared/redrive says with what.
//
// Environment: RECORD_FUNCTION and DELIVER_FUNCTION, the functions' names;
// RECORD_DLQ_URL, DELIVER_DLQ_URL, RECORD_SUBSCRIPTION_DLQ_URL and
// DELIVER_SUBSCRIPTION_DLQ_URL, the queues' URLs.
package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/function"
)

func main() {
	function.Main(func(_ context.Context, cfg aws.Config, logger *slog.Logger) (any, error) {
		var settings function.Settings
		record, deliver := settings.Required("RECORD_FUNCTION"), settings.Required("DELIVER_FUNCTION")
		handler := &Handler{
			SQS:    sqs.NewFromConfig(cfg),
			Lambda: lambda.NewFromConfig(cfg),
			Queues: map[deadletter.Queue]Source{
				deadletter.Record:              {URL: settings.Required("RECORD_DLQ_URL"), Function: record},
				deadletter.Deliver:             {URL: settings.Required("DELIVER_DLQ_URL"), Function: deliver},
				deadletter.RecordSubscription:  {URL: settings.Required("RECORD_SUBSCRIPTION_DLQ_URL"), Function: record},
				deadletter.DeliverSubscription: {URL: settings.Required("DELIVER_SUBSCRIPTION_DLQ_URL"), Function: deliver},
			},
			Log: logger,
			Now: time.Now,
		}
		return handler.Handle, settings.Err()
	})
}
