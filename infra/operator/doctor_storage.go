package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"sdtasktracker/shared/awserror"
	"sdtasktracker/shared/tasktable"
)

// outputBucket checks the bucket that images are copied from.
func (x *examination) outputBucket(ctx context.Context) []check {
	return x.bucket(ctx, "output bucket", x.OutputBucket, x.cfg.Region)
}

// deliveryBucket checks the bucket that images are copied to.
func (x *examination) deliveryBucket(ctx context.Context) []check {
	return x.bucket(ctx, "delivery bucket", x.DeliveryBucket, cmp.Or(x.deliveryRegion(), x.cfg.Region))
}

func (x *examination) deliveryRegion() string {
	return taskOutputs{Settings: x.Settings}.deliveryRegion()
}

// bucket checks that a bucket exists, where it must be, and tells whose it is and
// how it encrypts.
func (x *examination) bucket(ctx context.Context, about, name, region string) []check {
	if name == "" {
		return nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	client := s3.NewFromConfig(x.cfg, func(o *s3.Options) { o.Region = region })
	out, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(name)})
	switch status := awserror.Status(err); {
	case status == http.StatusNotFound:
		return []check{bad(about, "name a bucket that exists", "%s does not exist", name)}
	case status == http.StatusMovedPermanently || status == http.StatusBadRequest:
		return []check{bad(about, "the output bucket must be in the stack's Region; of another delivery bucket, "+
			"give deliveryRegion", "%s is not in %s", name, region)}
	case err != nil:
		return []check{untold(about, "s3:ListBucket of "+name, err)}
	}
	if there := aws.ToString(out.BucketRegion); there != "" && there != region {
		return []check{bad(about, "deploy into the output bucket's Region; of a delivery bucket, give deliveryRegion",
			"%s is in %s, not in %s", name, there, region)}
	}
	says := name + " exists, in " + region
	if !x.local { // where there is one account, and no encryption
		says += ", " + x.owner(ctx, client, name) + ", " + encryption(ctx, client, name)
	}
	return []check{ok(about, "%s", says)}
}

// owner tells whether the topic's account owns a bucket.
func (x *examination) owner(ctx context.Context, client *s3.Client, name string) string {
	topic, err := arn.Parse(x.TopicARN)
	if err != nil {
		return "of an account that is not known here"
	}
	_, err = client.HeadBucket(ctx, &s3.HeadBucketInput{
		Bucket: aws.String(name), ExpectedBucketOwner: aws.String(topic.AccountID)})
	if awserror.Status(err) == http.StatusForbidden {
		return "of another account, whose policy must allow the functions (output DeliveryBucketPolicy)"
	}
	return "of the topic's account"
}

func encryption(ctx context.Context, client *s3.Client, name string) string {
	out, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String(name)})
	if err != nil || out.ServerSideEncryptionConfiguration == nil {
		return "its encryption is not known (s3:GetEncryptionConfiguration)"
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
			return strings.TrimSpace(
				fmt.Sprintf("encrypted with %s %s", by.SSEAlgorithm, aws.ToString(by.KMSMasterKeyID)),
			)
		}
	}
	return "not encrypted by default"
}

// table checks the task table, its index and its TTL.
func (x *examination) table(ctx context.Context) []check {
	if x.TaskTable == "" {
		return nil
	}
	const about = "task table"
	ctx, cancel := bounded(ctx)
	defer cancel()
	client := dynamodb.NewFromConfig(x.cfg)
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(x.TaskTable)})
	switch {
	case awserror.Code(err) == "ResourceNotFoundException":
		return []check{bad(about, "deploy the stack again", "%s does not exist", x.TaskTable)}
	case err != nil:
		return []check{untold(about, "dynamodb:DescribeTable", err)}
	case out.Table == nil: // not every emulator answers
		return []check{{Mark: unclear, About: about, Says: "the answer has no table"}}
	case out.Table.TableStatus != types.TableStatusActive:
		return []check{bad(about, "wait, and look again", "%s is %s", x.TaskTable, out.Table.TableStatus)}
	}
	checks := []check{ok(about, "%s is active, with its index", x.TaskTable)}
	if !slices.ContainsFunc(out.Table.GlobalSecondaryIndexes, func(i types.GlobalSecondaryIndexDescription) bool {
		return aws.ToString(i.IndexName) == tasktable.StatusIndex && i.IndexStatus == types.IndexStatusActive
	}) {
		checks[0] = bad(about, "lists of tasks need it: infra/README.md, An existing table, says which tables fit",
			"%s has no active %s", x.TaskTable, tasktable.StatusIndex)
	}
	return append(checks, x.timeToLive(ctx, client))
}

// timeToLive checks that items expire if the settings say so.
func (x *examination) timeToLive(ctx context.Context, client *dynamodb.Client) check {
	const about = "expiry of items"
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(x.TaskTable)})
	switch {
	case err != nil:
		return untold(about, "dynamodb:DescribeTimeToLive", err)
	case out.TimeToLiveDescription == nil:
		return check{Mark: unclear, About: about, Says: "the answer does not say"}
	case out.TimeToLiveDescription.TimeToLiveStatus != types.TimeToLiveStatusEnabled && x.setting("retentionDays") == "":
		return ok(about, "TTL is off, and without retentionDays no item expires")
	case out.TimeToLiveDescription.TimeToLiveStatus != types.TimeToLiveStatusEnabled:
		return bad(about, mend, "TTL is off, so that items stay longer than the %s days of retentionDays",
			x.setting("retentionDays"))
	case aws.ToString(out.TimeToLiveDescription.AttributeName) != tasktable.TimeToLiveAttribute:
		return bad(about, mend, "TTL goes by %s, not by %s", aws.ToString(out.TimeToLiveDescription.AttributeName),
			tasktable.TimeToLiveAttribute)
	}
	return ok(about, "TTL is on")
}

// deadLetters checks that nothing waits to be redriven.
func (x *examination) deadLetters(ctx context.Context) []check {
	ctx, cancel := bounded(ctx)
	defer cancel()
	client := sqs.NewFromConfig(x.cfg)
	var checks []check
	empty := 0
	for _, name := range slices.Sorted(maps.Keys(x.Queues)) {
		out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: aws.String(x.Queues[name]),
			AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages,
				sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible},
		})
		about := "dead letters of " + name
		switch waiting := lettersIn(out); {
		case err != nil:
			checks = append(checks, untold(about, "sqs:GetQueueAttributes", err))
		case waiting != "":
			checks = append(checks, bad(about, "sdtasks redrive --dry-run --queue "+name+" lists them with the reasons",
				"%s wait", waiting))
		default:
			empty++
		}
	}
	if empty == len(x.Queues) && empty > 0 {
		return []check{ok("dead letters", "all %d queues are empty", empty)}
	}
	return checks
}

func lettersIn(out *sqs.GetQueueAttributesOutput) string {
	if out == nil {
		return ""
	}
	visible := out.Attributes["ApproximateNumberOfMessages"]
	hidden := out.Attributes["ApproximateNumberOfMessagesNotVisible"]
	switch {
	case visible != "0" && visible != "":
		return visible
	case hidden != "0" && hidden != "":
		return hidden + ", which are being read,"
	}
	return ""
}

// setting is one of the deployment's settings, as text.
func (x *examination) setting(name string) string {
	var settings map[string]any
	if json.Unmarshal([]byte(x.Settings), &settings) != nil || settings[name] == nil {
		return ""
	}
	return fmt.Sprint(settings[name])
}
