// Package function is the common start of every Lambda function of this project.
// It reads the settings from the environment, loads the AWS configuration, creates
// the logger, and reports the kinds of errors to Lambda.
package function

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/version"
)

// Handler handles one invocation. It must be safe for concurrent use.
type Handler[Event, Answer any] func(context.Context, Event) (Answer, error)

// SetUp builds a function's handler from its settings, a struct of package
// environment.
type SetUp[Environment, Event, Answer any] func(Environment, aws.Config, *slog.Logger) Handler[Event, Answer]

// Main sets up a function, logs its version, and serves its invocations. If the setup fails, Main
// logs the error and exits with status 1: Lambda reports Runtime.ExitError and
// starts the function again.
func Main[Environment, Event, Answer any](setUp SetUp[Environment, Event, Answer]) {
	logger := lambdacontext.NewLogger()
	handler, err := start(os.Environ(), setUp, logger)
	if err != nil {
		logger.Error("set-up failed", "error", err.Error())
		os.Exit(1)
	}
	logger.Info("started", "version", version.Version)
	lambda.Start(handler)
}

func start[Environment, Event, Answer any](
	variables []string, setUp SetUp[Environment, Event, Answer], logger *slog.Logger,
) (Handler[Event, Answer], error) {
	settings, err := environment.Decode[Environment](variables)
	if err != nil {
		return nil, err
	}
	cfg, err := Config(context.Background())
	if err != nil {
		return nil, err
	}
	return reportKind(setUp(settings, cfg, logger)), nil
}

// requestTimeout is how long one attempt at a request may take, from dialing to
// the end of the answer. DynamoDB and SQS answer within milliseconds, so only a
// dead connection takes longer. Four attempts and the pauses between them fit in
// the shortest timeout of a function, 30 s.
const requestTimeout = 3 * time.Second

// Config is the AWS configuration of every client that a function makes, read
// from the environment as the SDK does. A client of an operation that may take
// longer than some seconds, such as a long poll, needs an HTTP client of its own.
func Config(ctx context.Context) (aws.Config, error) {
	// Standard mode pauses at random, at most 2, 4 and 8 s, and spends a budget
	// on retries that successes refill ("Retry behavior" in the AWS SDKs and
	// Tools Reference Guide). Adaptive mode would also slow down every later
	// call of the sandbox after a throttle. Four attempts outlast some seconds
	// of failure; anything longer is left to Lambda's retries, which cost
	// nothing.
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(newHTTPClient(requestTimeout)),
		config.WithRetryMode(aws.RetryModeStandard), config.WithRetryMaxAttempts(4))
	if err != nil {
		return aws.Config{}, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
}

// newHTTPClient gives one attempt at a request a timeout, from dialing to the end
// of the answer. The SDK has none by default. An attempt that times out is
// retried like a broken connection.
func newHTTPClient(timeout time.Duration) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(timeout)
}

// reportKind makes Lambda report the kind of a handler's error as its errorType.
func reportKind[Event, Answer any](handle Handler[Event, Answer]) Handler[Event, Answer] {
	return func(ctx context.Context, event Event) (Answer, error) {
		answer, err := handle(ctx, event)
		if err != nil {
			err = messages.InvokeResponse_Error{Message: err.Error(), Type: string(failure.KindOf(err))}
		}
		return answer, err
	}
}

// NoAnswer adapts a handler that returns no value. The response is null.
func NoAnswer[Event any](handle func(context.Context, Event) error) Handler[Event, *struct{}] {
	return func(ctx context.Context, event Event) (*struct{}, error) { return nil, handle(ctx, event) }
}

// WorkContext returns ctx with a deadline that is earlier by reserve, or by a
// quarter of the remaining time if that is less. The reserve lets the invocation
// fail cleanly: it can record its progress, log, and respond before Lambda stops
// it. If ctx has no deadline, neither has the result.
func WorkContext(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(reserve, time.Until(deadline)/4)))
}
