package stack

import (
	"context"
	"encoding/json"
	"strings"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/lambdahost"
	"sdtasktracker/shared/deployment"
)

// golden is a stack of a golden template, without servers.
type golden struct {
	*Stack
	functions     map[string]functionProperties // by name
	subscriptions []subscriptionProperties
}

// readGolden reads the text of a golden template.
func readGolden(ctx context.Context, data []byte) (*golden, error) {
	var template cloudformation.Template
	if err := json.Unmarshal(data, &template); err != nil {
		return nil, err
	}
	topic, _ := template.Outputs[deployment.TopicARN].Value.(string)
	parts := strings.Split(topic, ":")
	template.StackName, template.Region = "Golden", parts[3]
	// Every denial is an error, too.
	g := &golden{Stack: newStack(&template, Options{Denied: func(error) {}}), functions: map[string]functionProperties{}}
	g.resolver.Pseudo["AWS::Partition"] = parts[1]
	g.Authorizer = g.newAuthorizer()
	g.creators = g.declarers()
	return g, g.deploy(ctx)
}

// declarers are creators that do for the policies what those of the stack do, and need no server.
func (g *golden) declarers() map[string]creator {
	all := g.newCreators()
	for kind, arn := range map[string]func(id string) string{
		"AWS::SQS::Queue":                g.QueueARN,
		"AWS::DynamoDB::Table":           g.tableARN,
		"AWS::Lambda::EventInvokeConfig": func(string) string { return "" },
	} {
		all[kind] = func(_ context.Context, id string, _ any) (cloudformation.Physical, error) {
			return withARN(id, arn(id)), nil
		}
	}
	all["AWS::SNS::Topic"] = func(_ context.Context, id string, _ any) (cloudformation.Physical, error) {
		return cloudformation.Physical{Ref: g.place().ARN("sns", id), Attributes: map[string]string{"TopicName": id}}, nil
	}
	all["AWS::SNS::Subscription"] = creates(
		func(_ context.Context, id string, p subscriptionProperties) (cloudformation.Physical, error) {
			g.subscriptions = append(g.subscriptions, p)
			return cloudformation.Physical{Ref: id}, nil
		})
	all["AWS::S3::Bucket"] = creates(
		func(_ context.Context, id string, p bucketProperties) (cloudformation.Physical, error) {
			return g.declareBucket(id, p), nil
		})
	all["AWS::Lambda::Function"] = creates(
		func(_ context.Context, id string, p functionProperties) (cloudformation.Physical, error) {
			g.functions[id] = p
			f := lambdahost.Function{Name: id, DeadLetterQueueARN: p.DeadLetterConfig.TargetArn}
			return withARN(id, g.FunctionARN(id)), g.assume(f, p)
		})
	return all
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
