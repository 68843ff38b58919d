package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/environment"
	"sdtasktracker/shared/tasktable"
)

// stack has the outputs of a deployed stack that the command needs: the names of
// its functions and the URLs of its dead-letter queues.
type stack environment.Redrive

// find finds the stack with a name. Without a name it is the local stack whose
// .local/env the shell has sourced, or the one with the default name.
func find(ctx context.Context, cfg aws.Config, variables []string, name string) (stack, error) {
	complete := func(s environment.Redrive) bool { return s.Functions["redrive"] != "" }
	missing := deployment.FunctionOutput("redrive") + ", or no dead-letter queues"
	found, err := lookUp(ctx, cfg, variables, name, complete, missing)
	return stack(found), err
}

// taskOutputs has the outputs that subcommands that look at tasks need.
type taskOutputs struct {
	environment.Table
	// Settings are the deployment's, in JSON.
	Settings string `env:"SETTINGS"`
}

// deliveryRegion is the Region of the delivery bucket; "" for the stack's own.
func (o taskOutputs) deliveryRegion() string {
	var settings struct {
		DeliveryRegion string `json:"deliveryRegion"`
	}
	_ = json.Unmarshal([]byte(o.Settings), &settings) // of what is not an object, nothing is known
	return settings.DeliveryRegion
}

// findTasks finds the task table, and what belongs to it, of the stack with a
// name; see find.
func findTasks(ctx context.Context, cfg aws.Config, variables []string, name string) (taskOutputs, error) {
	complete := func(o taskOutputs) bool { return o.TaskTable != "" }
	return lookUp(ctx, cfg, variables, name, complete, deployment.TaskTable)
}

// newTable is the task table of a stack.
func (o taskOutputs) newTable(cfg aws.Config) *tasktable.Table {
	return &tasktable.Table{Client: dynamodb.NewFromConfig(cfg), Name: o.TaskTable}
}

// lookUp reads a struct of package environment from the variables that a local
// stack's .local/env exports, if the shell has sourced it and no stack is named,
// and otherwise from the outputs of a stack in CloudFormation.
func lookUp[Settings any](ctx context.Context, cfg aws.Config, variables []string, name string,
	complete func(Settings) bool, missing string,
) (Settings, error) {
	if name == "" {
		local, err := environment.Decode[Settings](variables)
		if err == nil && complete(local) {
			return local, nil
		}
	}
	name = cmp.Or(name, deployment.DefaultStackName)
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		var none Settings
		return none, fmt.Errorf("read the outputs of stack %s: %w (another stack: --stack-name; a local stack: . .local/env)",
			name, err)
	}
	var outputs []string
	for _, output := range out.Stacks[0].Outputs {
		outputs = append(outputs, deployment.Variable(aws.ToString(output.OutputKey))+"="+aws.ToString(output.OutputValue))
	}
	deployed, err := environment.Decode[Settings](outputs)
	if err != nil || !complete(deployed) {
		return deployed, fmt.Errorf("stack %s has no output %s: deploy this version first", name, missing)
	}
	return deployed, nil
}

// sourced tells whether the shell has sourced a local stack's .local/env.
func sourced(variables []string) bool {
	prefix := deployment.Variable(deployment.TaskTable) + "="
	return slices.ContainsFunc(variables, func(v string) bool { return strings.HasPrefix(v, prefix) })
}

// chosen returns the queues to redrive: the requested one, or all if requested
// is "".
func (s stack) chosen(requested deadletter.Queue) ([]deadletter.Queue, error) {
	all := slices.SortedFunc(maps.Keys(s.Queues), deadletter.Compare)
	if requested == "" {
		return all, nil
	}
	if !slices.Contains(all, requested) {
		return nil, fmt.Errorf("--queue %s: the stack has no such dead-letter queue; it has %q", requested, all)
	}
	return []deadletter.Queue{requested}, nil
}
