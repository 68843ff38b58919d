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

	"sdtasktracker/infra/operator/check"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
	names "sdtasktracker/shared/deployment"
)

// The outputs of the guidance's stack. Its README ends the name of the output topic in Arn, its lib/sdNotification.ts
// in ARN.
const (
	topicOutput      = "sdNotificationOutputArn"
	bucketOutput     = "OutputS3Bucket"
	inputTopicOutput = "sdNotificationLambdaARN"
)

// findGuidance finds the guidance's stack: the named stack, or else the only stack with the guidance's outputs.
func findGuidance(ctx context.Context, f *deployment.Finder, cfg aws.Config, name string) (findings, error) {
	all, err := list(ctx, cfg, name)
	switch {
	case name != "" && awserror.Code(err) == "ValidationError":
		return findings{}, f.Problem(ctx, "the guidance's stack "+name+" does not exist", chooseStack(ctx, cfg))
	case err != nil:
		return findings{}, fmt.Errorf("look for the guidance's stack: %w", err)
	case len(all) == 0 && name != "":
		return findings{}, f.Problem(ctx, "stack "+name+" is not the guidance's stack: it does not have the outputs "+
			topicOutput+" and "+bucketOutput, chooseStack(ctx, cfg))
	case len(all) == 0:
		return findings{}, f.Problem(ctx, "the guidance's stack was not found: no stack has the outputs "+
			topicOutput+" and "+bucketOutput, "choose the guidance's account and Region with --profile and --region")
	case len(all) > 1:
		return findings{}, f.Problem(ctx, "several stacks have the guidance's outputs: "+stackNames(all),
			"choose one with --guidance-stack NAME")
	}
	return all[0], nil
}

// chooseStack says what to do if the named stack is not the guidance's.
func chooseStack(ctx context.Context, cfg aws.Config) string {
	if all, err := list(ctx, cfg, ""); err == nil && len(all) > 0 {
		return "choose a stack that has the guidance's outputs with --guidance-stack: " + stackNames(all)
	}
	return "choose another account or Region with --profile and --region"
}

// list lists the stacks that have the guidance's outputs, among all stacks or only the named stack.
func list(ctx context.Context, cfg aws.Config, name string) (all []findings, err error) {
	input := &cloudformation.DescribeStacksInput{}
	if name != "" {
		input.StackName = aws.String(name)
	}
	pages := cloudformation.NewDescribeStacksPaginator(cloudformation.NewFromConfig(cfg), input)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, stack := range page.Stacks {
			if found, ok := read(stack, cfg.Region); ok {
				all = append(all, found)
			}
		}
	}
	return all, nil
}

// read reads a stack's outputs. It reports whether the stack is the guidance's.
func read(stack types.Stack, region string) (f findings, ok bool) {
	id, _ := arn.Parse(aws.ToString(stack.StackId)) // CloudFormation's ARNs are valid
	f = findings{stack: aws.ToString(stack.StackName), settings: settings{}}
	f.source = check.Right("guidance", "its stack is %s in account %s, %s", f.stack, id.AccountID, region)
	for _, o := range stack.Outputs {
		name, value := aws.ToString(o.OutputKey), aws.ToString(o.OutputValue)
		switch {
		case strings.EqualFold(name, topicOutput):
			f.settings[names.TopicSetting] = encode(value)
		case name == bucketOutput:
			f.settings[names.OutputBucketSetting] = encode(bucketName(value))
		case name == inputTopicOutput:
			f.inputTopic = value
		}
	}
	return f, len(f.settings) == 2
}

func stackNames(all []findings) string {
	var found []string
	for _, g := range all {
		found = append(found, g.stack)
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}
