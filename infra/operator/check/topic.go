package check

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
)

// Topic checks that the topic exists and can have functions subscribed to it.
func Topic(ctx context.Context, d *deployment.Deployment) []Result {
	const about = "topic"
	if d.TopicARN == "" {
		return nil
	}
	parsed, err := arn.Parse(d.TopicARN)
	switch {
	case err != nil || parsed.Service != "sns":
		return []Result{Wrong(about, "give the guidance's output topic", "%s is not the ARN of an SNS topic", d.TopicARN)}
	case strings.HasSuffix(parsed.Resource, ".fifo"):
		return []Result{Wrong(about, "give a standard topic", "%s is a FIFO topic, which Lambda cannot read", d.TopicARN)}
	case parsed.Region != d.Config.Region:
		return []Result{Wrong(about, "deploy to the topic's Region, and run this with --region "+parsed.Region,
			"it is in %s, and this is %s", parsed.Region, d.Config.Region)}
	}
	out, err := sns.NewFromConfig(d.Config).GetTopicAttributes(ctx,
		&sns.GetTopicAttributesInput{TopicArn: aws.String(d.TopicARN)})
	if awserror.Code(err) == "NotFound" {
		return []Result{Wrong(about, "look for it in the outputs of the guidance's stack", "%s does not exist", d.TopicARN)}
	}
	if err != nil {
		return []Result{Failed(about, "sns:GetTopicAttributes", err)}
	}
	encryption := "not encrypted, as the guidance creates it"
	if key := out.Attributes["KmsMasterKeyId"]; key != "" {
		encryption = "encrypted with " + key
	}
	return []Result{Right(about, "%s exists, a standard topic in %s, %s", parsed.Resource, parsed.Region, encryption)}
}
