package main

import (
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// functionsDir is where make build leaves each function's bootstrap.
const functionsDir = "build/functions"

// functionProps is what sets one function apart from the others.
type functionProps struct {
	name        string // RecordFunction's is "Record"; its code is functions/record
	description string
	timeout     float64 // seconds
	memory      float64 // MB
	environment map[string]string
	statements  statements
	// operated functions are invoked by an operator, who sees what fails;
	// the others asynchronously, with a dead-letter queue.
	operated bool
}

// function is a Lambda function with what failed of it.
type function struct {
	name        string
	function    awslambda.Function
	logs        awslogs.LogGroup
	deadLetters awssqs.IQueue // nil if it is operated
}

// newFunction makes a function. One that is invoked asynchronously Lambda tries
// three times in all, within six hours, then keeps the event in the function's
// dead-letter queue.
func newFunction(scope constructs.Construct, props functionProps) function {
	logs := awslogs.NewLogGroup(scope, jsii.String(props.name+"Logs"), &awslogs.LogGroupProps{
		Retention:     awslogs.RetentionDays_THREE_MONTHS,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	environment := map[string]*string{}
	for name, value := range props.environment {
		if value != "" { // Lambda takes empty values, but they say nothing
			environment[name] = jsii.String(value)
		}
	}
	f := function{name: props.name, logs: logs}
	lambdaProps := &awslambda.FunctionProps{
		Description:   jsii.String(props.description),
		Runtime:       awslambda.Runtime_PROVIDED_AL2023(),
		Architecture:  awslambda.Architecture_ARM_64(),
		Code:          awslambda.Code_FromAsset(jsii.String(filepath.Join(functionsDir, strings.ToLower(props.name))), nil),
		Handler:       jsii.String("bootstrap"),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(props.timeout)),
		MemorySize:    jsii.Number(props.memory),
		Environment:   &environment,
		LogGroup:      logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
		Tracing:       awslambda.Tracing_ACTIVE,
	}
	if !props.operated {
		f.deadLetters = newDeadLetterQueue(scope, props.name+"Dlq")
		lambdaProps.DeadLetterQueue = f.deadLetters
		lambdaProps.RetryAttempts = jsii.Number(2)
		lambdaProps.MaxEventAge = awscdk.Duration_Hours(jsii.Number(6))
	}
	lambdaProps.Role = newRole(scope, props, logs, f.deadLetters)
	f.function = awslambda.NewFunction(scope, jsii.String(props.name+"Function"), lambdaProps)
	return f
}

// newRole makes the function's role: its logs, its traces, its dead letters,
// and what its work needs. Nothing is added to it behind the code's back.
func newRole(scope constructs.Construct, props functionProps, logs awslogs.LogGroup, deadLetters awssqs.IQueue) awsiam.IRole {
	all := append(statements{
		allow("logs:CreateLogStream", "logs:PutLogEvents").on(*logs.LogGroupArn()),
		// X-Ray has no resources to narrow this to.
		allow("xray:PutTraceSegments", "xray:PutTelemetryRecords").on("*"),
	}, props.statements...)
	if deadLetters != nil {
		all = append(all, allow("sqs:SendMessage").on(*deadLetters.QueueArn()))
	}
	role := awsiam.NewRole(scope, jsii.String(props.name+"Role"), &awsiam.RoleProps{
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description:    jsii.String("What the " + strings.ToLower(props.name) + " function may do"),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"work": all.document()},
	})
	return role.WithoutPolicyUpdates(nil)
}

// subscribe subscribes the function to the topic, with a dead-letter queue of
// the subscription's own: an SNS dead letter does not say where it was bound.
func (f function) subscribe(topic awssns.ITopic, filter *map[string]awssns.FilterOrPolicy) awssqs.IQueue {
	deadLetters := newDeadLetterQueue(awscdk.Stack_Of(f.function), f.name+"SubscriptionDlq")
	topic.AddSubscription(awssnssubscriptions.NewLambdaSubscription(f.function, &awssnssubscriptions.LambdaSubscriptionProps{
		DeadLetterQueue:             deadLetters,
		FilterPolicyWithMessageBody: filter,
	}))
	return deadLetters
}

// statement allows actions, spelled out, on resources.
type statement struct{ actions, resources []string }

func allow(actions ...string) statement { return statement{actions: actions} }

func (s statement) on(resources ...string) statement {
	s.resources = resources
	return s
}

type statements []statement

func (s statements) document() awsiam.PolicyDocument {
	document := awsiam.NewPolicyDocument(nil)
	for _, statement := range s {
		document.AddStatements(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings(statement.actions...),
			Resources: jsii.Strings(statement.resources...),
		}))
	}
	return document
}
