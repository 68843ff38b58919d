// Command reconcile is the Lambda function that compares the publisher's output
// bucket with the task table and the delivery bucket, and has the other functions
// make up for what was never announced, or never arrived. An operator or a
// schedule invokes it with a [reconciliation.Request]. Its environment is
// [environment.Reconcile].
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/function"
	"sdtasktracker/shared/reconciliation"
)

func main() { function.Main(setUp) }

func setUp(
	env environment.Reconcile, cfg aws.Config, logger *slog.Logger,
) function.Handler[json.RawMessage, reconciliation.Answer] {
	return func(context.Context, json.RawMessage) (reconciliation.Answer, error) {
		return reconciliation.Answer{}, errors.New("not written yet")
	}
}
