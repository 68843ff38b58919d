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
)

// The outputs of the guidance's stack. Its README and its lib/sdNotification.ts spell the end of the first one
// differently, as Arn and as ARN.
const (
	topicOutput      = "sdNotificationOutputArn"
	bucketOutput     = "OutputS3Bucket"
	inputTopicOutput = "sdNotificationLambdaARN"
)

// guidance is a stack of the guidance.
type guidance struct {
	name, account, topic, bucket string
	inputTopic                   string // "" if it is not known
}

// findGuidance finds the guidance's stack: the one that was named, or else the only one with its outputs.
func findGuidance(ctx context.Context, f *deployment.Finder, cfg aws.Config, name string) (guidance, error) {
	all, err := list(ctx, cfg, name)
	switch {
	case name != "" && awserror.Code(err) == "ValidationError":
		return guidance{}, f.Problem(ctx, "the guidance's stack "+name+" does not exist", chooseStack)
	case err != nil:
		return guidance{}, fmt.Errorf("look for the guidance's stack: %w", err)
	case len(all) == 0 && name != "":
		return guidance{}, f.Problem(ctx, "stack "+name+" is not the guidance's: it does not have the outputs "+
			topicOutput+" and "+bucketOutput, chooseStack)
	case len(all) == 0:
		return guidance{}, f.Problem(ctx, "no stack is the guidance's: none has the outputs "+
			topicOutput+" and "+bucketOutput, "choose the guidance's account and Region with --profile and --region")
	case len(all) > 1:
		return guidance{}, f.Problem(ctx, "several stacks have the guidance's outputs: "+stackNames(all),
			"choose one with --guidance-stack NAME")
	}
	return all[0], nil
}

// chooseStack is what to do if the named stack is the wrong one.
const chooseStack = "leave out --guidance-stack to find the stack by its outputs, or choose another account or " +
	"Region with --profile and --region"

// list lists the stacks that have the guidance's outputs: all, or only the named one.
func list(ctx context.Context, cfg aws.Config, name string) (all []guidance, err error) {
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
			if found := read(stack); found.topic != "" && found.bucket != "" {
				all = append(all, found)
			}
		}
	}
	return all, nil
}

// read reads a stack's outputs.
func read(stack types.Stack) guidance {
	found := guidance{name: aws.ToString(stack.StackName)}
	if id, err := arn.Parse(aws.ToString(stack.StackId)); err == nil {
		found.account = id.AccountID
	}
	for _, o := range stack.Outputs {
		name, value := aws.ToString(o.OutputKey), aws.ToString(o.OutputValue)
		switch {
		case strings.EqualFold(name, topicOutput):
			found.topic = value
		case name == bucketOutput:
			found.bucket = bucketName(value)
		case name == inputTopicOutput:
			found.inputTopic = value
		}
	}
	return found
}

func stackNames(all []guidance) string {
	var found []string
	for _, g := range all {
		found = append(found, g.name)
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}
