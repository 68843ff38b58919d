// Command reconcile is the Lambda function that compares the guidance's output bucket with the
// task table and the delivery bucket. It sends lost announcements to the record and deliver
// functions. An operator or a schedule invokes it with a [reconciliation.Request]. Its
// environment is [environment.Reconcile].
package main

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/invocation"
	"sdtasktracker/shared/reconciliation"
	"sdtasktracker/shared/tasktable"
)

func main() { function.Main(setUp) }

func setUp(
	env environment.Reconcile, cfg aws.Config, logger *slog.Logger,
) function.Handler[json.RawMessage, reconciliation.Answer] {
	handler := &Handler{
		Source: s3.NewFromConfig(cfg, longLists),
		Destination: s3.NewFromConfig(cfg, longLists, func(o *s3.Options) {
			o.Region = cmp.Or(env.DeliveryRegion, o.Region)
		}),
		Table:       tasktable.New(dynamodb.NewFromConfig(cfg), env.Table),
		Invoker:     &invocation.Invoker{Client: invocation.NewClient(cfg), Functions: env.Functions},
		Environment: env,
		Log:         logger,
		Now:         time.Now,
	}
	return handler.Handle
}
