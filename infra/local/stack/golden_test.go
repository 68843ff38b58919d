package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/shared/deployment"
)

// golden is a stack of a golden template, without servers.
type golden struct {
	*Stack
	functions map[string]functionProperties // by name
}

// readGolden reads the text of a golden template.
func readGolden(ctx context.Context, data []byte) (*golden, error) {
	var template cloudformation.Template
	if err := json.Unmarshal(data, &template); err != nil {
		return nil, err
	}
	topic, _ := template.Outputs[deployment.TopicARN].Value.(string)
	parts := strings.Split(topic, ":")
	g := &golden{functions: map[string]functionProperties{}}
	g.Stack = &Stack{
		Name: "Golden", Region: parts[3], template: &template, sessions: map[string]iam.Principal{},
		resolver: cloudformation.Resolver{
			Pseudo: map[string]string{
				"AWS::Partition": parts[1], "AWS::Region": parts[3], "AWS::AccountId": account, "AWS::StackName": "Golden",
			},
			Created: map[string]cloudformation.Physical{},
		},
	}
	g.options.Denied = func(error) {} // every denial is an error, too
	g.Authorizer = g.newAuthorizer()
	for _, id := range template.CreationOrder(func(kind string) int { return order[kind] }) {
		physical, err := g.declare(ctx, id, template.Resources[id])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		g.resolver.Created[id] = physical
	}
	return g, nil
}

// declare does for the policies what Stack.create does, and creates nothing.
func (g *golden) declare(
	ctx context.Context, id string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	withARN := func(arn string) (cloudformation.Physical, error) {
		return cloudformation.Physical{Ref: id, Attributes: map[string]string{"Arn": arn}}, nil
	}
	switch resource.Type {
	case "AWS::SQS::Queue":
		return withARN(g.QueueARN(id))
	case "AWS::DynamoDB::Table":
		return withARN(g.tableARN(id))
	case "AWS::S3::Bucket":
		return g.declareBucket(id, resource)
	case "AWS::Scheduler::ScheduleGroup":
		return withARN(g.place().ARN("scheduler", "schedule-group/"+id))
	case "AWS::SNS::Topic":
		arn := g.place().ARN("sns", id)
		return cloudformation.Physical{Ref: arn, Attributes: map[string]string{"TopicName": id}}, nil
	case "AWS::Lambda::Function":
		var p functionProperties
		if err := properties(resource, g.resolver, &p); err != nil {
			return cloudformation.Physical{}, err
		}
		g.functions[id] = p
		f := lambdahost.Function{Name: id, DeadLetterQueueARN: p.DeadLetterConfig.TargetArn}
		if err := g.assume(f, p); err != nil {
			return cloudformation.Physical{}, err
		}
		return withARN(g.FunctionARN(id))
	case "AWS::IAM::Role", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy",
		"AWS::Logs::LogGroup", "AWS::Lambda::Permission":
		return g.create(ctx, id, resource) // which needs no server
	}
	return cloudformation.Physical{Ref: id}, nil
}

// function is the ID of one of the template's functions, such as deliver.
func (g *golden) function(name string) string {
	for id := range g.functions {
		if strings.HasPrefix(strings.ToLower(id), name) {
			return id
		}
	}
	panic("there is no function " + name)
}

// variable is one of a function's environment variables.
func (g *golden) variable(function, name string) string {
	return g.functions[g.function(function)].Environment.Variables[name]
}
