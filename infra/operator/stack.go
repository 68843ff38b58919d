package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"sdtasktracker/shared/deadletter"
	"sdtasktracker/shared/deployment"
	"sdtasktracker/shared/environment"
)

// stack has the outputs of a deployed stack that the command needs: the names of
// its functions and the URLs of its dead-letter queues.
type stack environment.Redrive

// find reads a stack's outputs from the variables that a local stack's .local/env
// exports, if the shell has sourced it, and otherwise from CloudFormation.
func find(ctx context.Context, cfg aws.Config, variables []string, name string) (stack, error) {
	local, err := environment.Decode[environment.Redrive](variables)
	if err == nil && local.Functions["redrive"] != "" {
		return stack(local), nil
	}
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		return stack{}, fmt.Errorf("read the outputs of stack %s: %w (for a local stack: . .local/env)", name, err)
	}
	var outputs []string
	for _, output := range out.Stacks[0].Outputs {
		outputs = append(outputs, deployment.Variable(aws.ToString(output.OutputKey))+"="+aws.ToString(output.OutputValue))
	}
	deployed, err := environment.Decode[environment.Redrive](outputs)
	if err != nil || deployed.Functions["redrive"] == "" {
		return stack{}, fmt.Errorf("stack %s has no output %s, or no dead-letter queues: deploy this version first",
			name, deployment.FunctionOutput("redrive"))
	}
	return stack(deployed), nil
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
