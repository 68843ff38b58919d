package main

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/shared/tasktable"
)

// newTaskTable makes the task table, or uses an existing table. The table outlives the
// stack, because it records what users paid GPUs for. It also outlives a failed
// deployment, because it is protected against deletion.
func newTaskTable(scope constructs.Construct, settings Settings) awsdynamodb.ITable {
	if settings.TaskTable != "" {
		return awsdynamodb.Table_FromTableName(scope, jsii.String("TaskTable"), jsii.String(settings.TaskTable))
	}
	key := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	props := &awsdynamodb.TableProps{
		PartitionKey: key(tasktable.PartitionKey),
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		DeletionProtection:  jsii.Bool(true),
		RemovalPolicy:       awscdk.RemovalPolicy_RETAIN,
		Encryption:          awsdynamodb.TableEncryption_AWS_MANAGED,
		TimeToLiveAttribute: jsii.String(tasktable.TimeToLiveAttribute),
	}
	table := awsdynamodb.NewTable(scope, jsii.String("TaskTable"), props)
	addIndex := func(name, partition, sort string, attributes []string) {
		table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
			IndexName: jsii.String(name), PartitionKey: key(partition), SortKey: key(sort),
			// DynamoDB bills index writes by size, so the index omits contexts and URLs.
			ProjectionType: awsdynamodb.ProjectionType_INCLUDE, NonKeyAttributes: jsii.Strings(attributes...),
		})
	}
	addIndex(tasktable.StatusIndex, tasktable.StatusIndexPartitionKey, tasktable.StatusIndexSortKey,
		tasktable.IndexedAttributes)
	if settings.CallerContext != "" {
		addIndex(tasktable.CallerIndex, tasktable.CallerIndexPartitionKey, tasktable.CallerIndexSortKey,
			tasktable.CallerIndexedAttributes)
	}
	return table
}

// newDeliveryBucket makes a private bucket that outlives the stack, or uses an existing
// bucket. Only the rollback of a first deployment deletes the private bucket.
func newDeliveryBucket(scope constructs.Construct, settings Settings) awss3.IBucket {
	if settings.DeliveryBucket != "" {
		return awss3.Bucket_FromBucketName(scope, jsii.String("DeliveryBucket"), jsii.String(settings.DeliveryBucket))
	}
	props := &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE,
		// S3 bills the parts of uploads that a timed-out invocation leaves incomplete.
		LifecycleRules: &[]*awss3.LifecycleRule{{AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1))}},
	}
	if settings.DeliveryKeyARN != "" {
		props.Encryption, props.BucketKeyEnabled = awss3.BucketEncryption_KMS, jsii.Bool(true)
		props.EncryptionKey = awskms.Key_FromKeyArn(scope, jsii.String("DeliveryKey"), jsii.String(settings.DeliveryKeyARN))
	}
	bucket := awss3.NewBucket(scope, jsii.String("DeliveryBucket"), props)
	if !settings.DeliveryBucketEvents {
		return bucket
	}
	// The construct's own eventBridgeEnabled would add a custom resource with a
	// function in another language and a wildcard policy.
	bucket.Node().DefaultChild().(awss3.CfnBucket).SetNotificationConfiguration(
		&awss3.CfnBucket_NotificationConfigurationProperty{
			EventBridgeConfiguration: &awss3.CfnBucket_EventBridgeConfigurationProperty{EventBridgeEnabled: jsii.Bool(true)},
		})
	return bucket
}

// decrypt returns the right to read objects that a key encrypts; nil if key is "".
func decrypt(key string) statements {
	if key == "" {
		return nil
	}
	return statements{allow("kms:Decrypt").on(key)}
}

// reportStatements returns the rights to read the guidance's error reports and raw
// outputs, whose keys end in .out, but no images.
func (d *deployed) reportStatements() statements {
	return append(statements{allow("s3:GetObject").on(*d.output.ArnForObjects(jsii.String("*.out")))},
		decrypt(d.settings.OutputKeyARN)...)
}

// copyStatements returns the rights that copying needs ("CopyObject" and
// "UploadPartCopy", Permissions, in the Amazon S3 API reference), and the right to read
// both objects, to compare them. Without ListBucket, S3 answers AccessDenied for a
// missing object.
func (d *deployed) copyStatements() statements {
	all := append(statements{
		allow("s3:GetObject", "s3:GetObjectTagging").on(*d.output.ArnForObjects(jsii.String("*"))),
		allow("s3:ListBucket").on(*d.output.BucketArn()),
	}, d.deliveryStatements()...)
	all = append(all, decrypt(d.settings.OutputKeyARN)...)
	if key := d.settings.DeliveryKeyARN; key != "" {
		// Decrypt is for parts, which S3 reads again to complete an upload, and for
		// the checksum of an existing object.
		all = append(all, allow("kms:GenerateDataKey", "kms:Decrypt").on(key))
	}
	return all
}

// deliveryStatements returns the rights of copyStatements on the delivery bucket.
func (d *deployed) deliveryStatements() statements {
	fixed, _, _ := strings.Cut(d.settings.DeliveryPrefix, "{")
	return statements{
		allow("s3:GetObject", "s3:PutObject", "s3:PutObjectTagging", "s3:AbortMultipartUpload").
			on(*d.delivery.ArnForObjects(jsii.String(fixed + "*"))),
		allow("s3:ListBucket").on(*d.delivery.BucketArn()),
	}
}

// deliveryPolicy returns the policy that a delivery bucket in another account must
// have, because the roles' own policies don't suffice there ("Cross-account policy
// evaluation logic", IAM User Guide).
func (d *deployed) deliveryPolicy() awsiam.PolicyDocument {
	document := d.deliveryStatements().document(d.named("deliver").function.Role())
	list := allow("s3:ListBucket").on(*d.delivery.BucketArn())
	document.AddStatements(list.policy(d.named("reconcile").function.Role()))
	return document
}
