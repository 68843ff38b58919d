package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/tasktable"
)

// checkOutputBucket checks the bucket that images are copied from.
func checkOutputBucket(ctx context.Context, d *deployment.Deployment) []check {
	return checkBucket(ctx, d, "output bucket", d.OutputBucket, d.Config.Region)
}

// checkDeliveryBucket checks the bucket that images are copied to.
func checkDeliveryBucket(ctx context.Context, d *deployment.Deployment) []check {
	return checkBucket(ctx, d, "delivery bucket", d.DeliveryBucket, d.DeliveryRegion())
}

// inOtherRegion is what to do about a bucket in another Region.
const inOtherRegion = "deploy to the output bucket's Region; for a delivery bucket, give deliveryRegion"

// checkBucket checks that a bucket exists in its Region, and says who owns it and how it encrypts.
func checkBucket(ctx context.Context, d *deployment.Deployment, about, name, region string) []check {
	if name == "" {
		return nil
	}
	client := s3.NewFromConfig(d.Config, func(o *s3.Options) { o.Region = region })
	out, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name)})
	if err != nil {
		return []check{missingBucket(about, name, region, reason(ctx, client, name, err))}
	}
	if there := aws.ToString(out.BucketRegion); there != "" && there != region {
		return []check{wrong(about, inOtherRegion, "%s is in %s, not in %s", name, there, region)}
	}
	says := name + " exists, in " + region
	if !d.Local { // a local stack has one account and no encryption
		says += ", " + owner(ctx, client, d.TopicARN, name) + ", " + encryption(ctx, client, name)
	}
	return []check{right(about, "%s", says)}
}

// reason is the reason why S3 refused a HEAD request, whose answer has no text. A listing, which needs the same right,
// says it.
func reason(ctx context.Context, client *s3.Client, name string, head error) error {
	if awserror.Status(head) == 0 {
		return head
	}
	_, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(name), MaxKeys: aws.Int32(1)})
	return cmp.Or(err, head)
}

// missingBucket is the check of a bucket that S3 does not show.
func missingBucket(about, name, region string, err error) check {
	switch awserror.Code(err) {
	case "NoSuchBucket", "NotFound":
		return wrong(about, "name a bucket that exists", "%s does not exist", name)
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently":
		return wrong(about, inOtherRegion, "%s is not in %s", name, region)
	}
	return failed(about, "s3:ListBucket of "+name, err)
}

// owner says whether the topic's account owns a bucket.
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

// checkTable checks the task table, its index and its TTL.
func checkTable(ctx context.Context, d *deployment.Deployment) []check {
	const about = "task table"
	if d.TaskTable == "" {
		return nil
	}
	client := dynamodb.NewFromConfig(d.Config)
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(d.TaskTable)})
	switch {
	case awserror.Code(err) == "ResourceNotFoundException":
		return []check{wrong(about, "deploy the stack again", "%s does not exist", d.TaskTable)}
	case err != nil:
		return []check{failed(about, "dynamodb:DescribeTable", err)}
	case out.Table.TableStatus != types.TableStatusActive:
		return []check{wrong(about, "wait and try again", "%s is %s", d.TaskTable, out.Table.TableStatus)}
	}
	table := right(about, "%s is active, with its index", d.TaskTable)
	if !slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, isActiveIndex) {
		table = wrong(about, "lists of tasks need it: infra/README.md, An existing table, says which tables fit",
			"%s has no active %s", d.TaskTable, tasktable.StatusIndex)
	}
	return []check{table, checkTimeToLive(ctx, client, d)}
}

func isActiveIndex(i types.GlobalSecondaryIndexDescription) bool {
	return aws.ToString(i.IndexName) == tasktable.StatusIndex && i.IndexStatus == types.IndexStatusActive
}

// checkTimeToLive checks that items expire if the settings say so.
func checkTimeToLive(ctx context.Context, client *dynamodb.Client, d *deployment.Deployment) check {
	const about = "expiry of items"
	days := d.Setting("retentionDays")
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(d.TaskTable)})
	if err != nil {
		return failed(about, "dynamodb:DescribeTimeToLive", err)
	}
	on := out.TimeToLiveDescription.TimeToLiveStatus == types.TimeToLiveStatusEnabled
	attribute := aws.ToString(out.TimeToLiveDescription.AttributeName)
	switch {
	case !on && days == "":
		return right(about, "TTL is off: without retentionDays no item expires")
	case !on:
		return wrong(about, revert, "TTL is off, so items stay longer than the %s days of retentionDays", days)
	case attribute != tasktable.TimeToLiveAttribute:
		return wrong(about, revert, "the TTL attribute is %s, not %s", attribute, tasktable.TimeToLiveAttribute)
	}
	return right(about, "TTL is on")
}
