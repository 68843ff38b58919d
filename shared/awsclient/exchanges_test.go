package awsclient

import (
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// answer is an answer of a service.
type answer struct {
	status int
	header http.Header
	body   string
	cut    bool // the connection breaks off in the middle of the body
}

// exchange is an input of an operation, and a good answer from the service's API
// reference, with few optional fields.
type exchange struct {
	input any
	good  answer
}

// goodToo has, by operation, the answers that are bad only for other operations.
var goodToo = map[string][]string{
	"S3 GetObject":       {"{}", "null", "list", "text", "own headers"}, // any body is an object
	"S3 HeadObject":      {"{}", "own headers"},
	"S3 PutObject":       {"{}", "own headers"},
	"S3 HeadBucket":      {"{}", "own headers"},
	"DynamoDB GetItem":   {"{}"},                 // no item
	"SQS ReceiveMessage": {"{}"},                 // no messages
	"Lambda Invoke":      {"{}", "null", "list"}, // any JSON is an answer of a function
}

// hollow are answers whose lists have nothing in them, by the operation's name.
var hollow = map[string]answer{
	"SQS GetQueueAttributes": json10(`{"Attributes":{}}`),
	"SNS GetTopicAttributes": xml(`<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes/>` +
		`</GetTopicAttributesResult></GetTopicAttributesResponse>`),
	"CloudFormation DescribeStacks": xml(`<DescribeStacksResponse><DescribeStacksResult><Stacks><member>` +
		`<StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`),
	"IAM SimulatePrincipalPolicy": xml(`<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult>` +
		`<EvaluationResults/></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`),
}

func xml(body string) answer {
	return answer{status: http.StatusOK, header: http.Header{
		"Content-Type": {"application/xml"}, requestIDs[0]: {"4442587FB7D0A2F9"}},
		body: `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + body}
}

func json10(body string) answer {
	return answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, body: body}
}

// bare returns an answer of S3 with the result in its headers.
func bare(status int, header http.Header) answer {
	all := http.Header{requestIDs[0]: {"4442587FB7D0A2F9"}}
	for name, values := range header {
		all[name] = values
	}
	return answer{status: status, header: all}
}

var (
	bucket, key, table = aws.String("bucket"), aws.String("key"), aws.String("table")
	queue, arn         = aws.String("https://sqs.us-east-1.amazonaws.com/1/queue"), aws.String("arn:aws:sns:us-east-1:1:t")
	item               = map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "a"}}
)

// exchanges are by the service's ID and the operation's name, as in the table of operations.
var exchanges = map[string]exchange{
	"S3 CopyObject": {&s3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: key},
		xml(`<CopyObjectResult><LastModified>2026-11-23T12:00:00.000Z</LastModified><ETag>"9b2c"</ETag>` +
			`</CopyObjectResult>`)},
	"S3 UploadPartCopy": {&s3.UploadPartCopyInput{Bucket: bucket, Key: key, CopySource: key, UploadId: key,
		PartNumber: aws.Int32(1)}, xml(`<CopyPartResult><ETag>"9b2c"</ETag></CopyPartResult>`)},
	"S3 CreateMultipartUpload": {&s3.CreateMultipartUploadInput{Bucket: bucket, Key: key},
		xml(`<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>key</Key><UploadId>u</UploadId>` +
			`</InitiateMultipartUploadResult>`)},
	"S3 CompleteMultipartUpload": {&s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: key},
		xml(`<CompleteMultipartUploadResult><Key>key</Key><ETag>"9b2c-1"</ETag></CompleteMultipartUploadResult>`)},
	"S3 AbortMultipartUpload": {&s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: key},
		bare(http.StatusNoContent, nil)},
	"S3 HeadObject": {&s3.HeadObjectInput{Bucket: bucket, Key: key},
		bare(http.StatusOK, http.Header{"Etag": {`"9b2c"`}, "Content-Length": {"5"}})},
	"S3 GetObject": {&s3.GetObjectInput{Bucket: bucket, Key: key},
		answer{http.StatusOK, http.Header{"Etag": {`"9b2c"`}, requestIDs[0]: {"1"}}, "hello", false}},
	"S3 GetObjectTagging": {&s3.GetObjectTaggingInput{Bucket: bucket, Key: key}, xml(`<Tagging><TagSet/></Tagging>`)},
	"S3 ListObjectsV2": {&s3.ListObjectsV2Input{Bucket: bucket},
		xml(`<ListBucketResult><Name>bucket</Name><Prefix/><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys>` +
			`<IsTruncated>false</IsTruncated></ListBucketResult>`)},
	"S3 PutObject": {&s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("hello")},
		bare(http.StatusOK, http.Header{"Etag": {`"9b2c"`}})},
	"S3 DeleteObject": {&s3.DeleteObjectInput{Bucket: bucket, Key: key}, bare(http.StatusNoContent, nil)},
	"S3 HeadBucket":   {&s3.HeadBucketInput{Bucket: bucket}, bare(http.StatusOK, nil)},
	"S3 GetBucketEncryption": {&s3.GetBucketEncryptionInput{Bucket: bucket},
		xml(`<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256` +
			`</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`)},

	"DynamoDB UpdateItem": {&dynamodb.UpdateItemInput{TableName: table, Key: item}, json10(`{}`)},
	"DynamoDB GetItem":    {&dynamodb.GetItemInput{TableName: table, Key: item}, json10(`{"Item":{"id":{"S":"a"}}}`)},
	"DynamoDB DeleteItem": {&dynamodb.DeleteItemInput{TableName: table, Key: item}, json10(`{}`)},
	"DynamoDB Query": {&dynamodb.QueryInput{TableName: table},
		json10(`{"Count":0,"Items":[],"ScannedCount":0}`)},
	"DynamoDB BatchGetItem": {&dynamodb.BatchGetItemInput{RequestItems: map[string]dynamodbtypes.KeysAndAttributes{
		"table": {Keys: []map[string]dynamodbtypes.AttributeValue{item}}}},
		json10(`{"Responses":{"table":[]},"UnprocessedKeys":{}}`)},
	"DynamoDB DescribeTable": {&dynamodb.DescribeTableInput{TableName: table},
		json10(`{"Table":{"TableName":"table","TableStatus":"ACTIVE"}}`)},
	"DynamoDB DescribeTimeToLive": {&dynamodb.DescribeTimeToLiveInput{TableName: table},
		json10(`{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`)},

	"SQS ReceiveMessage": {&sqs.ReceiveMessageInput{QueueUrl: queue},
		json10(`{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b"}]}`)},
	"SQS ListQueues": {&sqs.ListQueuesInput{}, json10(`{}`)},
	"SQS DeleteMessageBatch": {&sqs.DeleteMessageBatchInput{QueueUrl: queue,
		Entries: []sqstypes.DeleteMessageBatchRequestEntry{{Id: aws.String("0"), ReceiptHandle: key},
			{Id: aws.String("1"), ReceiptHandle: key}}},
		json10(`{"Failed":[{"Id":"1","Code":"InternalError","SenderFault":false}],"Successful":[{"Id":"0"}]}`)},
	"SQS ChangeMessageVisibilityBatch": {&sqs.ChangeMessageVisibilityBatchInput{QueueUrl: queue,
		Entries: []sqstypes.ChangeMessageVisibilityBatchRequestEntry{{Id: aws.String("0"), ReceiptHandle: key}}},
		json10(`{"Successful":[{"Id":"0"}]}`)},
	"SQS GetQueueAttributes": {&sqs.GetQueueAttributesInput{QueueUrl: queue,
		AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages}},
		json10(`{"Attributes":{"ApproximateNumberOfMessages":"0"}}`)},
	"SQS SendMessage": {&sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("b")},
		json10(`{"MD5OfMessageBody":"92eb5ffee6ae2fec3ad71c777531578f","MessageId":"m"}`)},

	"SNS Publish": {&sns.PublishInput{TopicArn: arn, Message: key}, xml(`<PublishResponse><PublishResult><MessageId>m` +
		`</MessageId></PublishResult></PublishResponse>`)},
	"SNS GetTopicAttributes": {&sns.GetTopicAttributesInput{TopicArn: arn}, xml(
		`<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes><entry><key>Owner</key><value>1</value></entry>` +
			`</Attributes></GetTopicAttributesResult></GetTopicAttributesResponse>`)},
	"SNS GetSubscriptionAttributes": {&sns.GetSubscriptionAttributesInput{SubscriptionArn: arn}, xml(
		`<GetSubscriptionAttributesResponse><GetSubscriptionAttributesResult><Attributes><entry><key>Owner</key>` +
			`<value>1</value></entry></Attributes></GetSubscriptionAttributesResult></GetSubscriptionAttributesResponse>`)},
	"SNS ListSubscriptionsByTopic": {&sns.ListSubscriptionsByTopicInput{TopicArn: arn}, xml(
		`<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions/>` +
			`</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`)},

	"Lambda Invoke": {&lambda.InvokeInput{FunctionName: key}, answer{status: http.StatusOK, body: `null`}},
	"Lambda GetFunctionConfiguration": {&lambda.GetFunctionConfigurationInput{FunctionName: key},
		json10(`{"FunctionName":"f","State":"Active"}`)},

	"CloudFormation DescribeStacks": {&cloudformation.DescribeStacksInput{StackName: key}, xml(
		`<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName>` +
			`<CreationTime>2026-11-23T12:00:00Z</CreationTime><StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks>` +
			`</DescribeStacksResult></DescribeStacksResponse>`)},
	"SSM GetParameter": {&ssm.GetParameterInput{Name: key}, json10(`{"Parameter":{"Name":"n","Value":"21"}}`)},
	"STS GetCallerIdentity": {&sts.GetCallerIdentityInput{}, xml(`<GetCallerIdentityResponse><GetCallerIdentityResult>` +
		`<Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)},
	"CloudWatch DescribeAlarms": {&cloudwatch.DescribeAlarmsInput{}, answer{status: http.StatusOK,
		header: http.Header{"Content-Type": {"application/cbor"}, "Smithy-Protocol": {"rpc-v2-cbor"}},
		body:   "\xa1\x6cMetricAlarms\x80"}}, // a map of one: a text of 12 bytes, and an empty list
	"IAM SimulatePrincipalPolicy": {&iam.SimulatePrincipalPolicyInput{PolicySourceArn: arn, ActionNames: []string{"s3:*"}},
		xml(`<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member>` +
			`<EvalActionName>s3:*</EvalActionName><EvalDecision>allowed</EvalDecision></member></EvaluationResults>` +
			`</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`)},
}
