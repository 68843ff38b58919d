package awsclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// operation describes every successful answer to an operation, according to the operation's
// page in the service's API reference. Answers of DynamoDB and SQS are also JSON objects.
type operation struct {
	service, name string
	// fields are paths in the output struct, such as "CopyObjectResult.ETag". If a path
	// goes through a list, the list isn't empty and every element has the field.
	fields []string
	// status is the HTTP status; 0 means any 2xx.
	status int
	// identified says that the answer must have a request ID, because a web server's page could look like the answer.
	identified bool
	// check returns what else is missing in the output.
	check func(output reflect.Value) error
}

// requestIDs are the headers that distinguish an answer from a web server's page: the header of Amazon S3 ("Common
// response headers" in the Amazon S3 API Reference), and that of other services, which some S3 servers also send.
var requestIDs = []string{"X-Amz-Request-Id", "X-Amzn-Requestid"}

// operations has all operations that the functions and the operator's command send.
var operations = []operation{
	{service: "S3", name: "CopyObject", fields: []string{"CopyObjectResult.ETag"}},
	{service: "S3", name: "UploadPartCopy", fields: []string{"CopyPartResult.ETag"}},
	{service: "S3", name: "CreateMultipartUpload", fields: []string{"UploadId"}},
	{service: "S3", name: "CompleteMultipartUpload", fields: []string{"ETag"}},
	{service: "S3", name: "AbortMultipartUpload", status: http.StatusNoContent, identified: true},
	{service: "S3", name: "HeadObject", fields: []string{"ETag", "ContentLength"}, identified: true},
	{service: "S3", name: "GetObject", fields: []string{"ETag", "ContentLength"}, identified: true},
	{service: "S3", name: "GetObjectTagging", fields: []string{"TagSet"}},
	{service: "S3", name: "ListObjectsV2", fields: []string{"Name", "IsTruncated"}},
	{service: "S3", name: "PutObject", fields: []string{"ETag"}, identified: true},
	{service: "S3", name: "DeleteObject", status: http.StatusNoContent, identified: true},
	{service: "S3", name: "HeadBucket", identified: true},
	{service: "S3", name: "GetBucketEncryption", fields: []string{"ServerSideEncryptionConfiguration.Rules"}},

	{service: "DynamoDB", name: "UpdateItem"},
	{service: "DynamoDB", name: "GetItem"}, // {} if the item doesn't exist
	{service: "DynamoDB", name: "DeleteItem"},
	{service: "DynamoDB", name: "Query", fields: []string{"Items"}},
	{service: "DynamoDB", name: "BatchGetItem", fields: []string{"Responses", "UnprocessedKeys"}},
	{service: "DynamoDB", name: "DescribeTable", fields: []string{"Table.TableName"}},
	{service: "DynamoDB", name: "DescribeTimeToLive", fields: []string{"TimeToLiveDescription"}},

	{service: "SQS", name: "ReceiveMessage"}, // {} if the queue is empty
	{service: "SQS", name: "ListQueues"},     // {} if there are no queues
	{service: "SQS", name: "DeleteMessageBatch", check: someEntry},
	{service: "SQS", name: "ChangeMessageVisibilityBatch", check: someEntry},
	{service: "SQS", name: "GetQueueAttributes", check: someAttribute},
	{service: "SQS", name: "SendMessage", fields: []string{"MessageId"}},

	{service: "SNS", name: "Publish", fields: []string{"MessageId"}},
	{service: "SNS", name: "GetTopicAttributes", check: someAttribute},
	{service: "SNS", name: "GetSubscriptionAttributes", check: someAttribute},
	{service: "SNS", name: "ListSubscriptionsByTopic", fields: []string{"Subscriptions"}},

	{service: "Lambda", name: "Invoke", status: http.StatusOK, check: payloadIsResponse},
	{service: "Lambda", name: "GetFunctionConfiguration", fields: []string{"FunctionName"}},

	{service: "CloudFormation", name: "DescribeStacks", fields: []string{"Stacks"}, check: namedStacks},
	{service: "SSM", name: "GetParameter", fields: []string{"Parameter.Value"}},
	{service: "STS", name: "GetCallerIdentity", fields: []string{"Account"}},
	{service: "CloudWatch", name: "DescribeAlarms", fields: []string{"MetricAlarms"}},
	{service: "IAM", name: "SimulatePrincipalPolicy", fields: []string{"EvaluationResults.EvalDecision"}},
}

func find(service, name string) (operation, bool) {
	for _, o := range operations {
		if o.service == service && o.name == name {
			return o, true
		}
	}
	return operation{}, false
}

// missing returns an error that says what an answer lacks; nil if it is complete.
func (o operation) missing(output any, response *smithyhttp.Response) error {
	if o.status != 0 && response.StatusCode != o.status {
		return fmt.Errorf("its status is %d instead of %d", response.StatusCode, o.status)
	}
	hasHeader := func(name string) bool { return response.Header.Get(name) != "" }
	if o.identified && !slices.ContainsFunc(requestIDs, hasHeader) {
		return fmt.Errorf("it has no header %s", requestIDs[0])
	}
	out := reflect.Indirect(reflect.ValueOf(output))
	if !out.IsValid() {
		return errors.New("it has no result")
	}
	for _, path := range o.fields {
		if !has(out, strings.Split(path, ".")) {
			return fmt.Errorf("it has no %s", path)
		}
	}
	if o.check != nil {
		return o.check(out)
	}
	return nil
}

// has reports whether the field at a path is set.
func has(v reflect.Value, path []string) bool {
	if v.Kind() == reflect.Pointer {
		v = v.Elem() // invalid if the pointer is nil
	}
	switch {
	case len(path) == 0:
		return v.IsValid() && !isAbsent(v)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			if !has(v.Index(i), path) {
				return false
			}
		}
		return v.Len() > 0
	}
	return v.Kind() == reflect.Struct && has(v.FieldByName(path[0]), path[1:])
}

// isAbsent reports whether a field was missing from the answer. An empty list counts as present.
func isAbsent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

// someEntry checks that a batch's answer lists at least one entry as successful or failed.
func someEntry(output reflect.Value) error {
	if output.FieldByName("Successful").Len()+output.FieldByName("Failed").Len() == 0 {
		return errors.New("it lists no entry, neither as successful nor as failed")
	}
	return nil
}

func someAttribute(output reflect.Value) error {
	if output.FieldByName("Attributes").Len() == 0 {
		return errors.New("it has no Attributes")
	}
	return nil
}

// namedStacks checks that stacks have names. The list of an account without stacks is empty.
func namedStacks(output reflect.Value) error {
	if stacks := output.FieldByName("Stacks"); stacks.Len() > 0 && !has(stacks, []string{"StackName"}) {
		return errors.New("it has no Stacks.StackName")
	}
	return nil
}

// payloadIsResponse checks that the payload can be the function's response: JSON, at least null.
func payloadIsResponse(output reflect.Value) error {
	switch payload := output.FieldByName("Payload").Bytes(); {
	case !json.Valid(payload):
		return errors.New("its payload is not JSON")
	case isMessage(payload):
		return errMessage
	}
	return nil
}
