package deployment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go/logging"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/shared/awsclient"
	names "sdtasktracker/shared/deployment"
	"sdtasktracker/shared/version"
)

// Options choose a deployment on the command line.
type Options struct {
	StackName string `placeholder:"STACK" help:"The stack (default: a sourced local stack, else ${defaultStack})."`
	Profile   string `placeholder:"NAME" help:"The profile in the AWS configuration files, as for the AWS CLI."`
	Region    string `placeholder:"REGION" help:"The AWS Region, as for the AWS CLI."`
}

// Finder finds the deployment that the options choose.
type Finder struct {
	Options Options
	// Variables are the environment variables, as NAME=VALUE.
	Variables []string
	// Line is the running command line, for hints.
	Line command.Line
	// Verbose reports whether errors include the SDK's text.
	Verbose bool
	// Sayf prints progress. It may be nil.
	Sayf func(format string, args ...any)

	// For errors: where the command works.
	stack, region, account string // "" if not known
	local                  bool   // whether Find found a local stack
	config                 aws.Config
}

// Config loads the AWS configuration.
func (f *Finder) Config(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(f.Options.Profile), config.WithRegion(f.Options.Region),
		config.WithLogger(logging.Nop{})) // errors already say what the SDK would log
	f.region = cmp.Or(cfg.Region, f.Options.Region, variable(f.Variables, "AWS_REGION"))
	if err != nil {
		return cfg, fmt.Errorf("load AWS configuration: %w", err)
	}
	f.config = awsclient.Configure(cfg) // after loading: the SDK makes clients for credentials, too
	return f.config, nil
}

// Find finds a stack that has the needed outputs. Without --stack-name, it takes the local stack whose .local/env the
// shell has sourced, or else the stack with the default name.
func (f *Finder) Find(ctx context.Context, needed ...string) (*Deployment, error) {
	f.stack = cmp.Or(f.Options.StackName, names.DefaultStackName)
	cfg, err := f.Config(ctx)
	if err != nil {
		return nil, err
	}
	if f.Options.StackName == "" && missing(f.Variables, needed) == "" {
		f.local = true
		d := f.decode(cfg, f.Variables)
		d.Name, d.Local = names.DefaultStackName, true // local stacks are synthesized with this name
		return d, nil
	}
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: aws.String(f.stack)})
	if err != nil {
		return nil, fmt.Errorf("read the outputs of stack %s: %w", f.stack, err)
	}
	if len(out.Stacks) == 0 {
		return nil, fmt.Errorf("read the outputs of stack %s: CloudFormation's answer has no stack", f.stack)
	}
	stack := out.Stacks[0]
	if id, err := arn.Parse(aws.ToString(stack.StackId)); err == nil {
		f.account = id.AccountID
	}
	var outputs []string
	for _, o := range stack.Outputs {
		outputs = append(outputs, names.Variable(aws.ToString(o.OutputKey))+"="+aws.ToString(o.OutputValue))
	}
	if output := missing(outputs, needed); output != "" {
		return nil, f.unsuitable(stack, outputs, output)
	}
	d := f.decode(cfg, outputs)
	d.Name = aws.ToString(stack.StackName)
	f.compareVersions(d)
	return d, nil
}

// compareVersions warns if the stack and this command have different versions.
func (f *Finder) compareVersions(d *Deployment) {
	own := version.Version
	if f.Sayf != nil && own != version.Unknown && d.Version != version.Unknown && d.Version != "" && d.Version != own {
		f.Sayf("This is sdtasks %s, but stack %s has version %s: deploy again to update it, or use its sdtasks.\n",
			own, d.Name, d.Version)
	}
}

// unsuitable returns the error for a stack without a needed output.
func (f *Finder) unsuitable(stack types.Stack, outputs []string, output string) error {
	name := aws.ToString(stack.StackName)
	e := &explainedError{
		what: fmt.Sprintf("%s is not a task tracker stack: it has no output %s", name, output),
		do:   "choose another with --stack-name, --region or --profile",
	}
	switch {
	case has(outputs, names.TaskTable) || has(outputs, names.FunctionOutput("record")):
		e.what = fmt.Sprintf("stack %s has no output %s: another version of the task tracker was deployed", name, output)
		e.do = "deploy this version, or use the sdtasks of that version"
	case len(outputs) == 0:
		e.what = fmt.Sprintf("stack %s has no outputs: its status is %s", name, stack.StackStatus)
		e.do = "wait for the deployment to end, or deploy it again; or choose another with --stack-name"
	}
	e.where = f.where(e)
	return e
}

// FindTable finds a stack that has a task table.
func (f *Finder) FindTable(ctx context.Context) (*Deployment, error) {
	return f.Find(ctx, names.TaskTable)
}

// missing returns the first needed output that the variables don't have, or "".
func missing(variables, needed []string) string {
	i := slices.IndexFunc(needed, func(output string) bool { return !has(variables, output) })
	if i < 0 {
		return ""
	}
	return needed[i]
}

func has(variables []string, output string) bool {
	return variable(variables, names.Variable(output)) != ""
}

// variable returns the value of a variable; "" if it is not set.
func variable(variables []string, name string) string {
	for _, v := range variables {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// UsesLocal reports whether the options choose a local stack whose .local/env the shell has sourced.
func (f *Finder) UsesLocal() bool { return f.Options.StackName == "" && f.sourced() }

func (f *Finder) sourced() bool { return has(f.Variables, names.TaskTable) }
