// Command cdk-app is the CDK app of this project: it synthesizes one stack
// from the CDK context. The cdk CLI runs it, as cdk.json says.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "\n%v\n\n", err)
		os.Exit(1)
	}
}

func run() error {
	defer closeQuietly()
	app := awscdk.NewApp(nil)
	context, ok := app.Node().GetAllContext(nil).(map[string]any)
	if !ok {
		return errors.New("read the CDK context: it is not an object")
	}
	for key, value := range context {
		if _, isText := value.(string); isText && strings.HasPrefix(key, "@aws-cdk/") {
			context[key] = typed(value)
			app.Node().SetContext(jsii.String(key), context[key])
		}
	}
	if err := checkBoundary(context[boundaryKey]); err != nil {
		return err
	}
	settings, err := NewSettings(context, os.Getenv("CDK_DEFAULT_ACCOUNT"), os.Getenv("CDK_DEFAULT_REGION"))
	if err != nil {
		return err
	}
	if err := addCDKs(settings.Given, context); err != nil {
		return err
	}
	NewStack(app, settings)
	app.Synth(nil)
	return nil
}

// closeQuietly ends jsii's process and removes its temporary files. jsii waits for
// the process in two places, and prints an error in the place that comes second.
// closeQuietly discards that error.
func closeQuietly() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr, null = null, os.Stderr
		defer func() { os.Stderr = null }()
	}
	jsii.Close()
}
