package stack

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"sdtasktracker/infra/local/cloudformation"
)

func (s *Stack) createQueue(ctx context.Context, id string, p queueProperties) (cloudformation.Physical, error) {
	name := s.physicalName(id)
	queue, err := s.SQS().CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName:  aws.String(name),
		Attributes: map[string]string{"MessageRetentionPeriod": strconv.Itoa(p.MessageRetentionPeriod)},
	})
	if err != nil {
		return cloudformation.Physical{}, err
	}
	return cloudformation.Physical{Ref: *queue.QueueUrl, Attributes: map[string]string{
		"Arn": s.QueueARN(name), "QueueName": name, "QueueUrl": *queue.QueueUrl,
	}}, nil
}

func (s *Stack) createTopic(ctx context.Context, id string, _ topicProperties) (cloudformation.Physical, error) {
	name := s.physicalName(id)
	topic, err := s.SNS().CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		return cloudformation.Physical{}, err
	}
	return cloudformation.Physical{Ref: *topic.TopicArn, Attributes: map[string]string{"TopicName": name}}, nil
}

func (s *Stack) createBucket(ctx context.Context, id string, p bucketProperties) (cloudformation.Physical, error) {
	physical := s.declareBucket(strings.ToLower(s.physicalName(id)), p)
	return physical, s.makeBucket(ctx, physical.Ref)
}

// declareBucket reads a bucket's properties. Objects are not encrypted here, but
// a KMS key needs permissions.
func (s *Stack) declareBucket(name string, p bucketProperties) cloudformation.Physical {
	for _, rule := range p.BucketEncryption.ServerSideEncryptionConfiguration {
		if key := rule.ServerSideEncryptionByDefault.KMSMasterKeyID; key != "" {
			s.Authorizer.Encrypt(name, key)
		}
	}
	return withARN(name, s.bucketARN(name))
}

// createTable creates a table. It first deletes a table with the same name, which a
// server that is not the stack's own may have kept from an earlier run.
func (s *Stack) createTable(ctx context.Context, id string, p tableProperties) (cloudformation.Physical, error) {
	name, client := s.physicalName(id), s.DynamoDB()
	physical, described := withARN(name, s.tableARN(name)), &dynamodb.DescribeTableInput{TableName: aws.String(name)}
	if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(name)}); err == nil {
		if err := dynamodb.NewTableNotExistsWaiter(client).Wait(ctx, described, time.Minute); err != nil {
			return physical, err
		}
	}
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String(name), BillingMode: p.BillingMode, KeySchema: p.KeySchema,
		AttributeDefinitions: p.AttributeDefinitions, GlobalSecondaryIndexes: p.GlobalSecondaryIndexes,
	})
	if err != nil {
		return physical, err
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, time.Second
	})
	return physical, waiter.Wait(ctx, described, time.Minute)
}
