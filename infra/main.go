// Command cdk-app is the CDK app of this project: it synthesizes one stack
// from the CDK context. The cdk CLI runs it, as cdk.json says.
package main

import (
	"fmt"
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
	// Node 20 is supported here for as long as the CDK runs on it.
	if err := os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20"); err != nil {
		return err
	}
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	context := func(key string) any { return app.Node().TryGetContext(jsii.String(key)) }
	settings, err := NewSettings(context, os.Getenv("CDK_DEFAULT_ACCOUNT"), os.Getenv("CDK_DEFAULT_REGION"))
	if err != nil {
		return err
	}
	NewStack(app, settings)
	app.Synth(nil)
	return nil
}
