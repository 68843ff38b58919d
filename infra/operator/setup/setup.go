// Package setup finds the settings of a deployment, and writes them for the CDK CLI.
package setup

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
)

// Command is the subcommand init.
type Command struct {
	GuidanceStack string `placeholder:"NAME" help:"The guidance's stack (default: the only one with its outputs)."`
	FromStack     bool   `help:"Take the settings of the deployed stack that --stack-name names."`
}

// Help is the rest of the help text.
func (Command) Help() string {
	return `Run init in the folder that has cdk.json. It finds the guidance's stack, checks its topic and its output
bucket, and writes both into ` + names.ContextFile + `. It keeps all other settings in that file. --stack-name sets the
name of the stack to deploy. init also checks that the account and the Region are bootstrapped for CDK. The exit code
is 3 if a check failed. Examples:

    sdtasks init
    sdtasks init --profile corp --region eu-west-1 --guidance-stack SdOnEKSStack
    sdtasks init --from-stack`
}

// Run runs the subcommand.
func (c *Command) Run(ctx context.Context, p *output.Printer, stack *deployment.Finder) error {
	switch {
	case c.FromStack && c.GuidanceStack != "":
		return command.Usagef("--from-stack cannot be combined with --guidance-stack")
	case stack.UsesLocal():
		return command.Usagef("init is for AWS, but this shell has sourced a local stack's .local/env: open another shell")
	}
	place, err := findProject(stack.Options)
	if err != nil {
		return err
	}
	before, err := readSettings(names.ContextFile)
	if err != nil {
		return err
	}
	cfg, err := stack.Config(ctx)
	if err != nil {
		return err
	}
	found, err := c.find(ctx, stack, cfg)
	if err != nil {
		return err
	}
	return place.write(ctx, p, cfg, before, found)
}

// write writes the settings if their checks succeed, and says what to do next.
func (place *project) write(ctx context.Context, p *output.Printer, cfg aws.Config, before settings, found findings,
) error {
	d := &deployment.Deployment{Config: cfg, TopicARN: found.settings.text(names.TopicSetting),
		OutputBucket: bucketName(found.settings.text(names.OutputBucketSetting))}
	results := append([]check.Result{found.source}, checkSettings(ctx, d)...)
	if check.CountWrong(results) > 0 {
		check.Print(p, results)
		return command.Verdictf("%s was not written: see the ✗ line above", names.ContextFile)
	}
	all, diff := before.merge(found.settings)
	if len(diff) > 0 {
		if err := all.write(names.ContextFile); err != nil {
			return err
		}
	}
	ready := place.checkBootstrap(ctx, d, all)
	check.Print(p, append(results, ready))
	if p.Format == output.Table {
		printDiff(p, diff)
		place.printNext(p, ready, all, found.inputTopic)
	}
	if ready.Mark == check.MarkWrong {
		return command.Verdictf("the settings are written, but CDK cannot deploy yet: see the ✗ line above")
	}
	return nil
}

// printNext says what to do next. It suggests inputTopicArn, which costs something, unless the file has it.
func (place *project) printNext(p *output.Printer, ready check.Result, all settings, inputTopic string) {
	if ready.Mark != check.MarkWrong {
		p.Printf("\nNext: %s\n", place.cdk("deploy", ""))
	}
	if _, given := all[names.InputTopicSetting]; !given && inputTopic != "" {
		p.Printf("\nOptional: the setting %s=%s\nshows tasks as soon as they are requested "+
			"(infra/README.md#settings).\n", names.InputTopicSetting, output.Escape(inputTopic))
	}
}

// printDiff prints how the file has changed.
func printDiff(p *output.Printer, diff []string) {
	if len(diff) == 0 {
		p.Printf("\n%s already has these settings.\n", names.ContextFile)
		return
	}
	p.Printf("\n%s has changed:\n", names.ContextFile)
	for _, line := range diff {
		p.Printf("%s\n", output.Escape(line))
	}
}

// findings are the settings that were found, and the stack that has them.
type findings struct {
	stack      string
	source     check.Result
	settings   settings
	inputTopic string // "" if it is not known
}

// find finds the settings.
func (c *Command) find(ctx context.Context, stack *deployment.Finder, cfg aws.Config) (f findings, err error) {
	if c.FromStack {
		d, err := stack.Find(ctx, names.Settings)
		if err != nil {
			return f, err
		}
		f.source = check.Right("settings", "stack %s was deployed with them", d.Name)
		return f, json.Unmarshal([]byte(d.Settings), &f.settings)
	}
	f, err = findGuidance(ctx, stack, cfg, c.GuidanceStack)
	if name := stack.Options.StackName; err == nil && name != "" {
		f.settings[names.StackNameSetting] = encode(name)
	}
	return f, err
}

// bucketName returns the name of a bucket, given its ARN or its name.
func bucketName(bucket string) string {
	if parsed, err := arn.Parse(bucket); err == nil {
		return parsed.Resource
	}
	return bucket
}

// checkSettings checks the guidance's topic and output bucket, as doctor does.
func checkSettings(ctx context.Context, d *deployment.Deployment) []check.Result {
	ctx, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	return slices.Concat(check.Topic(ctx, d), check.OutputBucket(ctx, d))
}
