// Command deliver is the Lambda function that copies each finished task's
// images from the output bucket to the delivery bucket. It is subscribed to
// the publisher's output topic, for successful tasks only.
//
// Environment: TASK_TABLE, the task table's name; OUTPUT_BUCKET and
// DELIVERY_BUCKET, the buckets' names; DELIVERY_PREFIX, what every delivered
// key begins with, "" if unset; DELIVER_OUTPUT, "true" to deliver raw outputs and
// error reports too; RETENTION_DAYS, after how many days an item expires, never
// if unset; METRIC_NAMESPACE, the CloudWatch namespace.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/function"
	"sdtasktracker/shared/tasktable"
)

func main() {
	function.Main(func(_ context.Context, cfg aws.Config, logger *slog.Logger) (any, error) {
		var settings function.Settings
		handler := &Handler{
			Table: &tasktable.Table{
				Client:    dynamodb.NewFromConfig(cfg),
				Name:      settings.Required("TASK_TABLE"),
				Retention: settings.Days("RETENTION_DAYS"),
			},
			Copier: &Copier{
				Client:      NewClient(cfg),
				Source:      settings.Required("OUTPUT_BUCKET"),
				Destination: settings.Required("DELIVERY_BUCKET"),
			},
			Prefix:        os.Getenv("DELIVERY_PREFIX"),
			DeliverOutput: os.Getenv("DELIVER_OUTPUT") == "true",
			Log:           logger,
			Now:           time.Now,
			Namespace:     settings.Required("METRIC_NAMESPACE"),
		}
		return handler.Handle, settings.Err()
	})
}
