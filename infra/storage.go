package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/tasktable"
)

// newTaskTable makes the task table. It outlives the stack: it is the record
// of what users paid GPUs for.
func newTaskTable(scope constructs.Construct) awsdynamodb.Table {
	key := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	table := awsdynamodb.NewTable(scope, jsii.String("TaskTable"), &awsdynamodb.TableProps{
		PartitionKey:                     key("task_id"),
		BillingMode:                      awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
		DeletionProtection:               jsii.Bool(true),
		RemovalPolicy:                    awscdk.RemovalPolicy_RETAIN,
		Encryption:                       awsdynamodb.TableEncryption_AWS_MANAGED,
		TimeToLiveAttribute:              jsii.String("expires_at"),
	})
	table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
		IndexName:    jsii.String(tasktable.StatusIndex),
		PartitionKey: key("status"),
		SortKey:      key("updated_at"),
		// An index write costs by size: no context, no lists of URLs.
		ProjectionType:   awsdynamodb.ProjectionType_INCLUDE,
		NonKeyAttributes: jsii.Strings(tasktable.IndexedAttributes...),
	})
	return table
}

// buckets are where images come from and go to.
type buckets struct{ output, delivery awss3.IBucket }

func newBuckets(scope constructs.Construct, settings Settings) buckets {
	b := buckets{output: awss3.Bucket_FromBucketName(scope, jsii.String("OutputBucket"), jsii.String(settings.OutputBucket))}
	if settings.DeliveryBucket != "" {
		b.delivery = awss3.Bucket_FromBucketName(scope, jsii.String("DeliveryBucket"), jsii.String(settings.DeliveryBucket))
		return b
	}
	bucket := awss3.NewBucket(scope, jsii.String("DeliveryBucket"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
	})
	// The construct's own eventBridgeEnabled would add a custom resource, a
	// function in another language and a wildcard policy.
	bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(
		&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)},
		})
	b.delivery = bucket
	return b
}

// copyStatements are the rights CopyObject needs ("CopyObject", Permissions,
// in the Amazon S3 API reference). ListBucket is what makes S3 say NoSuchKey
// of a missing image instead of AccessDenied.
func (b buckets) copyStatements(prefix string) statements {
	return statements{
		allow("s3:GetObject", "s3:GetObjectTagging").on(*b.output.ArnForObjects(jsii.String("*"))),
		allow("s3:ListBucket").on(*b.output.BucketArn()),
		allow("s3:PutObject", "s3:PutObjectTagging").on(*b.delivery.ArnForObjects(jsii.String(prefix + "*"))),
	}
}
