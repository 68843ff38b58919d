package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/cloudformation"
)

func (s *Stack) createQueue(
	ctx context.Context, name string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	var p queueProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return cloudformation.Physical{}, err
	}
	attributes := map[string]string{}
	if p.MessageRetentionPeriod > 0 {
		attributes["MessageRetentionPeriod"] = strconv.Itoa(p.MessageRetentionPeriod)
	}
	if p.VisibilityTimeout > 0 {
		attributes["VisibilityTimeout"] = strconv.Itoa(p.VisibilityTimeout)
	}
	name = cmp.Or(p.QueueName, name)
	queue, err := s.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
	if err != nil {
		return cloudformation.Physical{}, err
	}
	return cloudformation.Physical{Ref: *queue.QueueUrl, Attributes: map[string]string{
		"Arn": s.QueueARN(name), "QueueName": name, "QueueUrl": *queue.QueueUrl,
	}}, nil
}

// queueURL finds a queue by its ARN.
func (s *Stack) queueURL(ctx context.Context, arn string) (string, error) {
	queue, err := s.SQS().GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(nameInARN(arn))})
	if err != nil {
		return "", fmt.Errorf("find queue %s: %w", arn, err)
	}
	return *queue.QueueUrl, nil
}

func (s *Stack) createBucket(ctx context.Context, name string) error {
	_, err := s.S3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name)})
	var exists *s3types.BucketAlreadyOwnedByYou // a server that is not the stack's own may have kept it
	if err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("create bucket %q: %w", name, err)
	}
	return nil
}

// createDeclaredBucket creates one of the template's buckets.
func (s *Stack) createDeclaredBucket(
	ctx context.Context, name string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	physical, err := s.declareBucket(name, resource)
	if err != nil {
		return physical, err
	}
	return physical, s.createBucket(ctx, physical.Ref)
}

// declareBucket reads a bucket's properties. Objects are not encrypted here, but
// a KMS key needs permissions.
func (s *Stack) declareBucket(name string, resource cloudformation.Resource) (cloudformation.Physical, error) {
	var p bucketProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return cloudformation.Physical{}, err
	}
	name = strings.ToLower(cmp.Or(p.BucketName, name))
	for _, rule := range p.BucketEncryption.ServerSideEncryptionConfiguration {
		if key := rule.ServerSideEncryptionByDefault.KMSMasterKeyID; key != "" {
			s.Authorizer.Encrypt(name, key)
		}
	}
	return cloudformation.Physical{Ref: name, Attributes: map[string]string{"Arn": s.bucketARN(name)}}, nil
}

func (s *Stack) createTable(
	ctx context.Context, name string, resource cloudformation.Resource,
) (cloudformation.Physical, error) {
	var p tableProperties
	if err := properties(resource, s.resolver, &p); err != nil {
		return cloudformation.Physical{}, err
	}
	name = cmp.Or(p.TableName, name)
	client, input := s.DynamoDB(), p.createInput(name)
	if err := replaceTable(ctx, client, input); err != nil {
		return cloudformation.Physical{}, err
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: input.TableName}, time.Minute); err != nil {
		return cloudformation.Physical{}, err
	}
	physical := cloudformation.Physical{Ref: name, Attributes: map[string]string{"Arn": s.tableARN(name)}}
	return physical, s.enableTTL(ctx, client, name, p)
}

func (p tableProperties) createInput(name string) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: types.BillingMode(p.BillingMode), KeySchema: keySchema(p.KeySchema),
	}
	for _, a := range p.AttributeDefinitions {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(a.AttributeName), AttributeType: types.ScalarAttributeType(a.AttributeType),
		})
	}
	for _, i := range p.GlobalSecondaryIndexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.IndexName), KeySchema: keySchema(i.KeySchema),
			Projection: &types.Projection{
				ProjectionType:   types.ProjectionType(i.Projection.ProjectionType),
				NonKeyAttributes: i.Projection.NonKeyAttributes,
			},
		})
	}
	return input
}

// replaceTable creates a table. It first deletes a table of that name, which a server
// that is not the stack's own may have kept from an earlier run.
func replaceTable(ctx context.Context, client *dynamodb.Client, input *dynamodb.CreateTableInput) error {
	_, err := client.CreateTable(ctx, input)
	var exists *types.ResourceInUseException
	if !errors.As(err, &exists) {
		return err
	}
	if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: input.TableName}); err != nil {
		return err
	}
	waiter := dynamodb.NewTableNotExistsWaiter(client)
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: input.TableName}, time.Minute); err != nil {
		return err
	}
	_, err = client.CreateTable(ctx, input)
	return err
}

// enableTTL sets the table's TTL attribute. dynalite lacks that API; its items never
// expire.
func (s *Stack) enableTTL(ctx context.Context, client *dynamodb.Client, table string, p tableProperties) error {
	if p.TimeToLiveSpecification == nil {
		return nil
	}
	_, err := client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(table),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{
			AttributeName: aws.String(p.TimeToLiveSpecification.AttributeName),
			Enabled:       aws.Bool(p.TimeToLiveSpecification.Enabled),
		},
	})
	if err != nil && !strings.Contains(err.Error(), "UnknownOperationException") {
		return err
	}
	return nil
}

func keySchema(elements []keyElement) []types.KeySchemaElement {
	schema := make([]types.KeySchemaElement, len(elements))
	for i, e := range elements {
		schema[i] = types.KeySchemaElement{AttributeName: aws.String(e.AttributeName), KeyType: types.KeyType(e.KeyType)}
	}
	return schema
}
