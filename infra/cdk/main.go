// Command cdk-app is the CDK app of this project: it synthesizes one stack
// from the CDK context. The cdk CLI runs it, as cdk.json says.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"

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
	given, err := cliContext()
	if err != nil {
		return err
	}
	values, err := typed(given)
	if err != nil {
		return err
	}
	defer closeQuietly()
	app := awscdk.NewApp(&awscdk.AppProps{PostCliContext: &values})
	context, ok := app.Node().GetAllContext(nil).(map[string]any)
	if !ok {
		return errors.New("read the CDK context: it is not an object")
	}
	maps.Copy(context, values) // which jsii wraps
	account, region := os.Getenv("CDK_DEFAULT_ACCOUNT"), os.Getenv("CDK_DEFAULT_REGION")
	settings, err := NewSettings(context, account, region)
	if err != nil {
		return err
	}
	if settings.Given, err = withCDKs(settings.Given, context); err != nil {
		return err
	}
	NewStack(app, settings)
	app.Synth(nil)
	return nil
}

// closeQuietly ends jsii's process and removes what it unpacked. jsii waits for
// that process in two places, and complains on standard error when it loses.
func closeQuietly() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr, null = null, os.Stderr
		defer func() { os.Stderr = null }()
	}
	jsii.Close()
}
