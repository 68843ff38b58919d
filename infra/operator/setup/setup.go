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
	return `Run it in the folder that has cdk.json. It finds the guidance's stack, checks its topic and its output
bucket, and writes both into ` + names.ContextFile + `. Everything else in that file stays. With --stack-name, the
stack to deploy gets that name. It also checks that the account and the Region are bootstrapped for CDK. The
exit code is 3 if something is wrong. Examples:

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
	place, err := findProject()
	if err != nil {
		return err
	}
	file, err := readFile(names.ContextFile)
	if err != nil {
		return err
	}
	cfg, err := stack.Config(ctx)
	if err != nil {
		return err
	}
	source, found, err := c.find(ctx, stack, cfg)
	if err != nil {
		return err
	}
	d := describe(cfg, found.settings)
	results := append([]check.Result{source}, checkSettings(ctx, d)...)
	if check.CountWrong(results) > 0 {
		check.Print(p, results)
		return command.Verdictf("%s was not written: see the ✗ line above", names.ContextFile)
	}
	changes := file.merge(found.settings)
	if err := file.write(); err != nil {
		return err
	}
	place.options(stack.Options)
	ready := place.checkBootstrap(ctx, d, file.object)
	check.Print(p, append(results, ready))
	place.conclude(p, changes, ready)
	mentionInputTopic(p, file.object, found.inputTopic)
	if ready.Mark == check.MarkWrong {
		return command.Verdictf("the settings are written, but CDK cannot deploy yet: see the ✗ line above")
	}
	return nil
}

// mentionInputTopic mentions a setting that the user may want, unless the file has it.
func mentionInputTopic(p *output.Printer, settings object, topic string) {
	if _, given := settings.values()[names.InputTopicSetting]; given || topic == "" || p.Format != output.Table {
		return
	}
	p.Printf("\nOptional: with the setting %s=%s, tasks are shown from when they are requested\n"+
		"(infra/README.md#settings).\n", names.InputTopicSetting, output.Escape(topic))
}

// find finds the settings, and says where.
func (c *Command) find(ctx context.Context, stack *deployment.Finder, cfg aws.Config,
) (check.Result, guidance, error) {
	if c.FromStack {
		d, err := stack.Find(ctx, names.Settings)
		if err != nil {
			return check.Result{}, guidance{}, err
		}
		settings, err := parse([]byte(d.Settings))
		return check.Right("settings", "those that stack %s was deployed with", d.Name), guidance{settings: settings}, err
	}
	found, err := c.findGuidance(ctx, stack, cfg)
	if err != nil {
		return check.Result{}, guidance{}, err
	}
	if name := stack.Options.StackName; name != "" {
		found.settings.set(names.StackNameSetting, encode(name))
	}
	return check.Right("guidance", "its stack is %s, in account %s and %s", found.name, found.account, cfg.Region),
		found, nil
}

// describe is what the settings say of the deployment.
func describe(cfg aws.Config, settings object) *deployment.Deployment {
	text, _ := json.Marshal(settings.values()) // which was JSON
	d := &deployment.Deployment{Config: cfg, Settings: string(text)}
	d.TopicARN = d.Setting(names.TopicSetting)
	d.OutputBucket = bucketName(d.Setting(names.OutputBucketSetting))
	return d
}

// bucketName is the name in a bucket's ARN. A name stays as it is.
func bucketName(bucket string) string {
	if parsed, err := arn.Parse(bucket); err == nil {
		return parsed.Resource
	}
	return bucket
}

// checkSettings checks what the guidance owns, as doctor does.
func checkSettings(ctx context.Context, d *deployment.Deployment) []check.Result {
	ctx, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	return slices.Concat(check.Topic(ctx, d), check.Bucket(ctx, d, "output bucket", d.OutputBucket, d.Config.Region))
}
