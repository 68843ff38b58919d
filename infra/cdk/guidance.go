package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// The outputs of the guidance's stack (its README and its lib/sdNotification.ts
// spell the first one's end as Arn and ARN).
const (
	topicOutput  = "sdNotificationOutputArn"
	bucketOutput = "OutputS3Bucket"
)

// guidanceSetting names the guidance's stack; "" stands for the only one there is.
const guidanceSetting = "guidanceStack"

// guidance is what a guidance's stack tells.
type guidance struct {
	TopicARN     string `json:"topicArn"`
	OutputBucket string `json:"outputBucket"`
}

// lookup finds out about the guidance's stack, as CDK's own lookups do: from
// cdk.context.json, or else from AWS, and then it writes that file.
type lookup struct {
	context map[string]any
	// account and region are those of the CDK CLI, "" if it does not know.
	account, region string
	// file is cdk.context.json.
	file string
}

// lookupTime bounds the questions to AWS.
const lookupTime = 30 * time.Second

// settings completes the context with the guidance's topic and output bucket.
// Those that are given are kept, and if both are, nothing is asked.
func (l *lookup) settings() (map[string]any, error) {
	name, given := l.context[guidanceSetting].(string)
	if !given || l.has("topicArn") && l.has("outputBucket") {
		return l.context, nil
	}
	found, known := l.cached(name)
	if !known {
		var err error
		if found, err = l.ask(name); err != nil {
			return nil, err
		}
		if err := l.keep(name, found); err != nil {
			return nil, err
		}
	}
	completed := maps.Clone(l.context)
	for setting, value := range map[string]string{"topicArn": found.TopicARN, "outputBucket": found.OutputBucket} {
		if !l.has(setting) {
			completed[setting] = value
		}
	}
	return completed, nil
}

func (l *lookup) has(setting string) bool {
	return l.context[setting] != nil && l.context[setting] != ""
}

// key is the context's key of what was found, in the form of CDK's own.
func (l *lookup) key(name string) string {
	return fmt.Sprintf("guidance:account=%s:region=%s:stack=%s", l.account, l.region, name)
}

func (l *lookup) cached(name string) (found guidance, known bool) {
	data, err := json.Marshal(l.context[l.key(name)])
	if err != nil || json.Unmarshal(data, &found) != nil {
		return guidance{}, false
	}
	return found, found != guidance{}
}

// ask asks CloudFormation, with the user's credentials.
func (l *lookup) ask(name string) (guidance, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(l.region))
	if err != nil {
		return guidance{}, fmt.Errorf("load AWS configuration: %w", err)
	}
	client := cloudformation.NewFromConfig(cfg)
	if name == "" {
		return findGuidance(ctx, client)
	}
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		return guidance{}, fmt.Errorf("read the outputs of the guidance's stack %s in %s: %w%s", name,
			cmp.Or(l.region, cfg.Region), err, similar(ctx, client))
	}
	found := read(out.Stacks[0])
	if found.TopicARN == "" || found.OutputBucket == "" {
		return guidance{}, fmt.Errorf("stack %s is not the guidance's: it has no output %s or no output %s, but %s%s",
			name, topicOutput, bucketOutput, outputNames(out.Stacks[0]), similar(ctx, client))
	}
	return found, nil
}

// findGuidance finds the only stack that is the guidance's.
func findGuidance(ctx context.Context, client *cloudformation.Client) (guidance, error) {
	all, err := guidanceStacks(ctx, client)
	if err != nil {
		return guidance{}, fmt.Errorf("look for the guidance's stack: %w", err)
	}
	switch names := slices.Sorted(maps.Keys(all)); len(names) {
	case 0:
		return guidance{}, errors.New("no stack here has the guidance's outputs: is this its Region, and its account? " +
			topicHelp)
	case 1:
		fmt.Fprintln(os.Stderr, "The guidance's stack is "+names[0]+".")
		return all[names[0]], nil
	default:
		return guidance{}, fmt.Errorf("several stacks have the guidance's outputs: -c %s=NAME, one of %s",
			guidanceSetting, strings.Join(names, ", "))
	}
}

// similar names the stacks that look like the guidance's, for an error.
func similar(ctx context.Context, client *cloudformation.Client) string {
	all, err := guidanceStacks(ctx, client)
	if err != nil || len(all) == 0 {
		return ""
	}
	return "; these stacks look like the guidance's: " + strings.Join(slices.Sorted(maps.Keys(all)), ", ")
}

// guidanceStacks are the stacks with the guidance's outputs, by name.
func guidanceStacks(ctx context.Context, client *cloudformation.Client) (map[string]guidance, error) {
	all := map[string]guidance{}
	pages := cloudformation.NewDescribeStacksPaginator(client, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, stack := range page.Stacks {
			if found := read(stack); found.TopicARN != "" && found.OutputBucket != "" {
				all[aws.ToString(stack.StackName)] = found
			}
		}
	}
	return all, nil
}

// read reads the outputs that name the topic and the bucket.
func read(stack types.Stack) (found guidance) {
	for _, output := range stack.Outputs {
		switch key := aws.ToString(output.OutputKey); {
		case strings.EqualFold(key, topicOutput):
			found.TopicARN = aws.ToString(output.OutputValue)
		case strings.EqualFold(key, bucketOutput):
			found.OutputBucket = aws.ToString(output.OutputValue)
		}
	}
	return found
}

func outputNames(stack types.Stack) string {
	var names []string
	for _, output := range stack.Outputs {
		names = append(names, aws.ToString(output.OutputKey))
	}
	if len(names) == 0 {
		return "none at all"
	}
	return strings.Join(names, ", ")
}

// keep adds what was found to cdk.context.json, unless it is not known whose it is.
// "cdk context --reset KEY" forgets it.
func (l *lookup) keep(name string, found guidance) error {
	if l.account == "" || l.region == "" {
		return nil
	}
	saved := map[string]any{}
	data, err := os.ReadFile(l.file)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(data, &saved); err != nil {
			return fmt.Errorf("read %s: %w", l.file, err)
		}
	}
	saved[l.key(name)] = found
	if data, err = json.MarshalIndent(saved, "", "  "); err != nil {
		return err
	}
	if err := os.WriteFile(l.file, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("keep what was found of the guidance's stack: %w", err)
	}
	return nil
}
