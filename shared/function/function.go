// Package function is what every Lambda function of this project starts with:
// its settings from the environment, its AWS configuration, its logger, and its
// errors' kinds.
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
	"github.com/aws/aws-sdk-go-v2/config"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
)

// Handler answers one invocation. It may be called from several goroutines.
type Handler[Event, Answer any] func(context.Context, Event) (Answer, error)

// SetUp makes a function's handler from its environment, a struct of package
// environment.
type SetUp[Environment, Event, Answer any] func(Environment, aws.Config, *slog.Logger) Handler[Event, Answer]

// Main sets a function up and hands its handler to Lambda. A set-up that fails
// ends the process: Lambda reports Runtime.ExitError and tries again.
func Main[Environment, Event, Answer any](setUp SetUp[Environment, Event, Answer]) {
	logger := lambdacontext.NewLogger()
	handler, err := start(os.Environ(), setUp, logger)
	if err != nil {
		logger.Error("set-up failed", "error", err.Error())
		os.Exit(1)
	}
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

// Config is the AWS configuration of every client that a function makes, read
// from the environment as the SDK does.
func Config(ctx context.Context) (aws.Config, error) {
	// Adaptive retries slow this sandbox down when a service throttles. Four
	// attempts outlast some seconds of failure; anything longer is left to
	// Lambda's retries, which cost nothing.
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRetryMode(aws.RetryModeAdaptive), config.WithRetryMaxAttempts(4))
	if err != nil {
		return aws.Config{}, fmt.Errorf("load AWS configuration: %w", err)
	}
	return cfg, nil
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

// NoAnswer adapts a handler that answers nothing: Lambda gets null.
func NoAnswer[Event any](handle func(context.Context, Event) error) Handler[Event, *struct{}] {
	return func(ctx context.Context, event Event) (*struct{}, error) { return nil, handle(ctx, event) }
}

// WorkContext is ctx with a deadline that is earlier by reserve, or by a quarter
// of what is left if that is less. The reserve lets the invocation fail cleanly:
// record what was done, log, and answer before Lambda stops it.
func WorkContext(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(reserve, time.Until(deadline)/4)))
}
