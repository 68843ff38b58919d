package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/deployment"
)

// statement allows actions, spelled out, on resources.
type statement struct{ actions, resources []string }

func allow(actions ...string) statement { return statement{actions: actions} }

func (s statement) on(resources ...string) statement {
	s.resources = resources
	return s
}

type statements []statement

// document returns a policy with the statements. A resource's policy also names the
// roles that it allows.
func (all statements) document(roles ...awsiam.IRole) awsiam.PolicyDocument {
	document := awsiam.NewPolicyDocument(nil)
	for _, s := range all {
		document.AddStatements(s.policy(roles...))
	}
	return document
}

func (s statement) policy(roles ...awsiam.IRole) awsiam.PolicyStatement {
	var principals []awsiam.IPrincipal
	for _, role := range roles {
		principals = append(principals, awsiam.NewArnPrincipal(role.RoleArn()))
	}
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &principals, Actions: jsii.Strings(s.actions...), Resources: jsii.Strings(s.resources...),
	})
}

// traces allows a function to send its traces. X-Ray's actions have no narrower
// resource.
var traces = allow("xray:PutTraceSegments", "xray:PutTelemetryRecords").on("*")

// newRole makes a function's role. It may write its logs, send its dead letters (nil
// if it has no queue), and do its work. CDK adds nothing to it.
func newRole(
	scope constructs.Construct, function string, logs awslogs.ILogGroup, deadLetters awssqs.IQueue, work statements,
) awsiam.IRole {
	all := append(statements{
		allow("logs:CreateLogStream", "logs:PutLogEvents").on(*logs.LogGroupArn()),
	}, work...)
	if deadLetters != nil {
		all = append(all, allow("sqs:SendMessage").on(*deadLetters.QueueArn()))
	}
	role := awsiam.NewRole(scope, jsii.String(deployment.Pascal(function)+"Role"), &awsiam.RoleProps{
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description:    jsii.String("What the " + function + " function may do"),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"work": all.document()},
	})
	return role.WithoutPolicyUpdates(nil)
}
