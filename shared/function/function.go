// Package function starts every Lambda function of this project. It reads the settings
// from the environment, loads the AWS configuration, creates the logger, and reports
// the kinds of errors to Lambda.
package function

import (
	"context"
	"log"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"

	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/failure"
	"sdtasktracker/shared/version"
)

// Handler handles one invocation. It must be safe for concurrent use.
type Handler[Event, Answer any] func(context.Context, Event) (Answer, error)

// SetUp builds a function's handler from its settings, a struct of package
// environment.
type SetUp[Environment, Event, Answer any] func(Environment, aws.Config, *slog.Logger) Handler[Event, Answer]

// Main sets up a function, logs its version, and serves its invocations. If the
// setup fails, Main logs the error and exits with status 1. Lambda then reports
// Runtime.ExitError and starts the function again.
func Main[Environment, Event, Answer any](setUp SetUp[Environment, Event, Answer]) {
	fitCPU(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
	logger := lambdacontext.NewLogger()
	log.SetFlags(0)
	log.SetOutput(libraryLog{logger})
	handler, err := start(os.Environ(), setUp, logger)
	if err != nil {
		logger.Error("set-up failed", "error", err.Error())
		os.Exit(1)
	}
	logger.Info("started", "version", version.Version, "threads", runtime.GOMAXPROCS(0))
	lambda.Start(handler)
}

func start[Environment, Event, Answer any](
	variables []string, setUp SetUp[Environment, Event, Answer], logger *slog.Logger,
) (Handler[Event, Answer], error) {
	settings, err := environment.Decode[Environment](variables)
	if err != nil {
		return nil, err
	}
	return reportKind(setUp(settings, Config(variables), logger)), nil
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
// quarter of the remaining time if that is less. In the reserved time, the
// invocation can record its progress, log, and answer before Lambda stops it. If
// ctx has no deadline, the result has none either.
func WorkContext(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(reserve, time.Until(deadline)/4)))
}

// Log writes the log line of a message or an invocation, including a non-nil err, and
// returns err.
func Log(ctx context.Context, logger *slog.Logger, message string, err error, line ...slog.Attr) error {
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
		line = append(line, slog.String("error", err.Error()))
	}
	logger.LogAttrs(ctx, level, message, line...)
	return err
}
