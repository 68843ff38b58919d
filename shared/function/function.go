// Package function is what every Lambda function of this project wires itself
// with: its settings from the environment, its AWS configuration, its logger.
package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Main sets a function up and hands its handler to Lambda. A set-up that fails
// ends the process: Lambda then reports Runtime.ExitError and tries again.
func Main(setUp func(context.Context, aws.Config, *slog.Logger) (handler any, err error)) {
	logger := lambdacontext.NewLogger()
	handler, err := start(setUp, logger)
	if err != nil {
		logger.Error("set-up failed", "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

func start(setUp func(context.Context, aws.Config, *slog.Logger) (any, error), logger *slog.Logger) (any, error) {
	ctx := context.Background()
	// Adaptive retries slow this sandbox down when a service throttles. Four
	// attempts bear some seconds of trouble: what lasts longer is better waited
	// for by Lambda's retries, which cost nothing.
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRetryMode(aws.RetryModeAdaptive), config.WithRetryMaxAttempts(4))
	if err != nil {
		return nil, fmt.Errorf("load AWS configuration: %w", err)
	}
	return setUp(ctx, cfg, logger)
}

// Settings reads environment variables and remembers which are wrong, so that
// one error names them all.
type Settings struct{ wrong []string }

// Required is a variable's value.
func (s *Settings) Required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		s.wrong = append(s.wrong, name+" is missing")
	}
	return value
}

// Days is a variable's value as a number of days, 0 if it is unset.
func (s *Settings) Days(name string) time.Duration {
	value := os.Getenv(name)
	if value == "" {
		return 0
	}
	days, err := strconv.Atoi(value)
	if err != nil || days < 1 {
		s.wrong = append(s.wrong, name+" is not a number of days")
	}
	return time.Duration(days) * 24 * time.Hour
}

// Err tells which of the variables are wrong.
func (s *Settings) Err() error {
	if len(s.wrong) == 0 {
		return nil
	}
	return fmt.Errorf("the environment is not as the CDK stack sets it: %s", strings.Join(s.wrong, ", "))
}

// WorkContext is ctx with a deadline that is earlier by reserve, or by a quarter
// of what is left if that is less: time for the invocation to fail cleanly, by
// recording what was done, logging, and answering before Lambda kills it.
func WorkContext(ctx context.Context, reserve time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(reserve, time.Until(deadline)/4)))
}

// errNotSNS answers an invocation whose payload is not an SNS event.
var errNotSNS = errors.New(`the event has no SNS records: invoke this function with {"Records":[{"Sns":{…}}]}, as Amazon SNS does`)

// EachMessage handles every message of an SNS event, of which there is one in
// practice. An error with one does not keep the others from being handled; the
// handler must bear repetition, since Lambda retries the whole event.
func EachMessage(event events.SNSEvent, handle func(events.SNSEntity) error) error {
	var errs []error
	for _, record := range event.Records {
		if err := handle(record.SNS); err != nil {
			errs = append(errs, err)
		}
	}
	switch {
	case len(event.Records) == 0:
		return errNotSNS
	case len(errs) == 1:
		return errs[0] // whose type is what the dead letter tells
	}
	return errors.Join(errs...)
}
