// Command redrive is the Lambda function that invokes the other functions again with the
// events of dead letters. An operator invokes it with a [deadletter.Request]. Its
// environment is [environment.Redrive].
package main

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/invocation"
)

func main() { function.Main(setUp) }

func setUp(
	env environment.Redrive, cfg aws.Config, logger *slog.Logger,
) function.Handler[json.RawMessage, deadletter.Answer] {
	handler := &Handler{
		SQS:     deadletter.NewClient(cfg),
		Invoker: &invocation.Invoker{Client: invocation.NewClient(cfg), Functions: env.Functions},
		Queues:  env.Queues,
		Log:     logger,
		Now:     time.Now,
	}
	return handler.Handle
}
