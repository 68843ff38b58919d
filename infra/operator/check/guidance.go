package check

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
)

// Topic checks that the topic exists and that functions can subscribe to it.
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
		return []Result{Wrong(about, "give a standard topic", "%s is a FIFO topic: it cannot invoke functions", d.TopicARN)}
	case parsed.Region != d.Config.Region:
		return []Result{Wrong(about, "deploy to the topic's Region, and run this with --region "+parsed.Region,
			"the topic is in %s, but the Region here is %s", parsed.Region, d.Config.Region)}
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
	return []Result{Right(about, "%s is a standard topic in %s, %s", parsed.Resource, parsed.Region, encryption)}
}

// inOtherRegion is what to do about a bucket in another Region.
const inOtherRegion = "deploy to the output bucket's Region; for a delivery bucket, give deliveryRegion"

// OutputBucket checks the bucket that deliver copies images from.
func OutputBucket(ctx context.Context, d *deployment.Deployment) []Result {
	return bucket(ctx, d, "output bucket", d.OutputBucket, d.Config.Region)
}

// DeliveryBucket checks the bucket that deliver copies images to.
func DeliveryBucket(ctx context.Context, d *deployment.Deployment) []Result {
	return bucket(ctx, d, "delivery bucket", d.DeliveryBucket, d.DeliveryRegion())
}

// bucket checks that a bucket exists in its Region, and says who owns it and how it encrypts.
func bucket(ctx context.Context, d *deployment.Deployment, about, name, region string) []Result {
	if name == "" {
		return nil
	}
	client := s3.NewFromConfig(d.Config, func(o *s3.Options) { o.Region = region })
	// HeadBucket needs the same right, but its refusal gives no reason.
	_, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(name), MaxKeys: aws.Int32(1)})
	if err != nil {
		return []Result{missingBucket(about, name, region, err)}
	}
	says := name + " is in " + region
	if !d.Local { // a local stack has one account and no encryption
		says += ", " + owner(ctx, client, d.TopicARN, name) + ", " + encryption(ctx, client, name)
	}
	return []Result{Right(about, "%s", says)}
}

// missingBucket returns the result for a bucket whose objects S3 does not list.
func missingBucket(about, name, region string, err error) Result {
	switch awserror.Code(err) {
	case "NoSuchBucket":
		return Wrong(about, "name a bucket that exists", "%s does not exist", name)
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return Wrong(about, inOtherRegion, "%s is not in %s", name, region)
	}
	return Failed(about, "s3:ListBucket of "+name, err)
}

// owner says whether a bucket belongs to the topic's account.
func owner(ctx context.Context, client *s3.Client, topicARN, name string) string {
	topic, err := arn.Parse(topicARN)
	if err != nil {
		return "owner not known"
	}
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{
		Bucket: aws.String(name), ExpectedBucketOwner: aws.String(topic.AccountID)})
	switch {
	case awserror.Status(err) == http.StatusForbidden:
		return "owned by another account, so its policy must allow the functions (output DeliveryBucketPolicy)"
	case err != nil:
		return "owner not known"
	}
	return "owned by the topic's account"
}

func encryption(ctx context.Context, client *s3.Client, name string) string {
	out, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String(name)})
	if err != nil {
		return "encryption not known (needs s3:GetEncryptionConfiguration)"
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
			return strings.TrimSpace(fmt.Sprintf("encrypted with %s %s", by.SSEAlgorithm, aws.ToString(by.KMSMasterKeyID)))
		}
	}
	return "not encrypted by default"
}
