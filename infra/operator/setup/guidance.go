package setup

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
	names "sdtasktracker/shared/deployment"
)

// offered are the settings that the outputs of the guidance's stack give. The guidance's README and its
// lib/sdNotification.ts spell the end of the first output differently, as Arn and as ARN.
var offered = []struct{ setting, output string }{
	{names.TopicSetting, "sdNotificationOutputArn"},
	{names.OutputBucketSetting, "OutputS3Bucket"},
}

// inputTopicOutput is the output for the setting that init only mentions, because it costs something.
const inputTopicOutput = "sdNotificationLambdaARN"

// guidance is a stack of the guidance.
type guidance struct {
	name, account string
	settings      object
	inputTopic    string // "" if it is not known
}

// findGuidance finds the guidance's stack: the one that was named, or the only one with its outputs.
func (c *Command) findGuidance(ctx context.Context, f *deployment.Finder, cfg aws.Config) (guidance, error) {
	client := cloudformation.NewFromConfig(cfg)
	if c.GuidanceStack != "" {
		return named(ctx, f, client, c.GuidanceStack)
	}
	all, err := list(ctx, client)
	if err != nil {
		return guidance{}, fmt.Errorf("look for the guidance's stack: %w", err)
	}
	switch len(all) {
	case 0:
		return guidance{}, f.Problem(ctx, "no stack is the guidance's: none has the outputs "+outputNames(),
			"choose the guidance's account and Region with --profile and --region")
	case 1:
		return all[0], nil
	}
	return guidance{}, f.Problem(ctx, "several stacks have the guidance's outputs: "+stackNames(all),
		"choose one with --guidance-stack NAME")
}

func named(ctx context.Context, f *deployment.Finder, client *cloudformation.Client, name string) (guidance, error) {
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	do := "choose another account or Region with --profile and --region"
	if all, err := list(ctx, client); err == nil && len(all) > 0 {
		do = "choose one that has the guidance's outputs with --guidance-stack: " + stackNames(all)
	}
	switch {
	case awserror.Code(err) == "ValidationError":
		return guidance{}, f.Problem(ctx, "the guidance's stack "+name+" does not exist", do)
	case err != nil:
		return guidance{}, fmt.Errorf("read the outputs of the guidance's stack %s: %w", name, err)
	}
	found, ok := read(out.Stacks[0])
	if !ok {
		return guidance{}, f.Problem(ctx,
			"stack "+name+" is not the guidance's: it does not have the outputs "+outputNames(), do)
	}
	return found, nil
}

// list lists the stacks that have the guidance's outputs.
func list(ctx context.Context, client *cloudformation.Client) (all []guidance, err error) {
	pages := cloudformation.NewDescribeStacksPaginator(client, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, stack := range page.Stacks {
			if found, ok := read(stack); ok {
				all = append(all, found)
			}
		}
	}
	return all, nil
}

// read reads a stack's outputs. It reports whether the stack is the guidance's.
func read(stack types.Stack) (found guidance, ok bool) {
	found.name = aws.ToString(stack.StackName)
	if id, err := arn.Parse(aws.ToString(stack.StackId)); err == nil {
		found.account = id.AccountID
	}
	for _, o := range stack.Outputs {
		if aws.ToString(o.OutputKey) == inputTopicOutput {
			found.inputTopic = aws.ToString(o.OutputValue)
		}
	}
	for _, offer := range offered {
		i := slices.IndexFunc(stack.Outputs, func(o types.Output) bool {
			return strings.EqualFold(aws.ToString(o.OutputKey), offer.output)
		})
		if i < 0 {
			return guidance{}, false
		}
		value := aws.ToString(stack.Outputs[i].OutputValue)
		if offer.setting == names.OutputBucketSetting {
			value = bucketName(value)
		}
		found.settings.set(offer.setting, encode(value))
	}
	return found, true
}

func outputNames() string {
	var all []string
	for _, offer := range offered {
		all = append(all, offer.output)
	}
	return strings.Join(all, " and ")
}

func stackNames(all []guidance) string {
	var found []string
	for _, g := range all {
		found = append(found, g.name)
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}
