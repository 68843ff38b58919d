// Command function is a Lambda function whose behavior its event selects.
package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do   string // fail, crash, hang, pid, fail-until, id, env, large
	Path string // a file to count attempts in
}

func main() {
	lambda.Start(func(ctx context.Context, e event) (any, error) {
		if e.Path != "" {
			attempts, _ := os.ReadFile(e.Path)
			if err := os.WriteFile(e.Path, append(attempts, 'x'), 0o644); err != nil {
				return nil, err
			}
			if e.Do == "fail-until" && len(attempts) >= 2 {
				return "at last", nil
			}
		}
		switch e.Do {
		case "fail", "fail-until":
			return nil, errors.New("it failed" + strings.Repeat("!", 2000))
		case "crash":
			os.Exit(3)
		case "hang":
			time.Sleep(time.Hour)
		case "id":
			lc, _ := lambdacontext.FromContext(ctx)
			return lc.AwsRequestID, nil
		case "large":
			return strings.Repeat("x", 6<<20), nil
		case "env":
			return os.Environ(), nil
		}
		return os.Getpid(), nil
	})
}
