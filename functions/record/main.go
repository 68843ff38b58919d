// Command record is the Lambda function that keeps each task's status in the
// task table. It is subscribed to the publisher's output topic.
//
// Environment: TASK_TABLE, the table's name; RETENTION_DAYS, after how many days
// an item expires, never if unset; METRIC_NAMESPACE, the CloudWatch namespace;
// METRIC_RUNTIMES, the runtime names that metrics tell apart, by commas.
package main

import (
	"context"
	"log/slog"
	"os"
	"strings"
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
			Log:       logger,
			Now:       time.Now,
			Namespace: settings.Required("METRIC_NAMESPACE"),
			Runtimes:  strings.Split(os.Getenv("METRIC_RUNTIMES"), ","),
		}
		return handler.Handle, settings.Err()
	})
}
