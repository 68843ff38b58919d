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

// operation is what every successful answer to an operation has, by the operation's page in
// the service's API reference. DynamoDB's and SQS's answers are also JSON objects.
type operation struct {
	service, name string
	// fields are paths of fields in the output, such as "CopyObjectResult.ETag". A path
	// through a list needs an element, and the field in each.
	fields []string
	// status is the HTTP status; 0 for any 2xx.
	status int
	// header is the name of a header, for answers that a foreign page could pass for.
	header string
	// check returns what else is missing, given the input and the output.
	check func(input, output reflect.Value) error
}

// requestID is in every answer of Amazon S3 ("Common response headers" in the Amazon S3
// API reference).
const requestID = "X-Amz-Request-Id"

// operations are all that the functions and the operator's command send.
var operations = []operation{
	{service: "S3", name: "CopyObject", fields: []string{"CopyObjectResult.ETag"}},
	{service: "S3", name: "UploadPartCopy", fields: []string{"CopyPartResult.ETag"}},
	{service: "S3", name: "CreateMultipartUpload", fields: []string{"UploadId"}},
	{service: "S3", name: "CompleteMultipartUpload", fields: []string{"ETag"}},
	{service: "S3", name: "AbortMultipartUpload", status: http.StatusNoContent, header: requestID},
	{service: "S3", name: "HeadObject", fields: []string{"ETag", "ContentLength"}, header: requestID},
	{service: "S3", name: "GetObject", fields: []string{"ETag", "ContentLength"}, header: requestID},
	{service: "S3", name: "GetObjectTagging", fields: []string{"TagSet"}},
	{service: "S3", name: "ListObjectsV2", fields: []string{"Name", "IsTruncated"}},
	{service: "S3", name: "PutObject", fields: []string{"ETag"}, header: requestID},
	{service: "S3", name: "DeleteObject", status: http.StatusNoContent, header: requestID},
	{service: "S3", name: "HeadBucket", header: requestID},
	{service: "S3", name: "GetBucketEncryption", fields: []string{"ServerSideEncryptionConfiguration.Rules"}},

	{service: "DynamoDB", name: "UpdateItem"},
	{service: "DynamoDB", name: "GetItem"}, // no item if there is none
	{service: "DynamoDB", name: "DeleteItem"},
	{service: "DynamoDB", name: "Query", fields: []string{"Items"}},
	{service: "DynamoDB", name: "BatchGetItem", fields: []string{"Responses", "UnprocessedKeys"}},
	{service: "DynamoDB", name: "DescribeTable", fields: []string{"Table.TableName"}},
	{service: "DynamoDB", name: "DescribeTimeToLive", fields: []string{"TimeToLiveDescription"}},

	{service: "SQS", name: "ReceiveMessage"}, // no messages if there are none
	{service: "SQS", name: "ListQueues"},     // no queues if there are none
	{service: "SQS", name: "DeleteMessageBatch", check: everyEntry},
	{service: "SQS", name: "ChangeMessageVisibilityBatch", check: everyEntry},
	{service: "SQS", name: "GetQueueAttributes", check: everyAttribute},
	{service: "SQS", name: "SendMessage", fields: []string{"MessageId"}},

	{service: "SNS", name: "Publish", fields: []string{"MessageId"}},
	{service: "SNS", name: "GetTopicAttributes", fields: []string{"Attributes"}},
	{service: "SNS", name: "GetSubscriptionAttributes", fields: []string{"Attributes"}},
	{service: "SNS", name: "ListSubscriptionsByTopic", fields: []string{"Subscriptions"}},

	{service: "Lambda", name: "Invoke", status: http.StatusOK, check: payloadIsJSON},
	{service: "Lambda", name: "GetFunctionConfiguration", fields: []string{"FunctionName"}},

	{service: "CloudFormation", name: "DescribeStacks", fields: []string{"Stacks.StackName"}}, // of a named stack
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

// missing says what of the operation's result an answer does not have; nil if it has all.
func (o operation) missing(input, output any, response *smithyhttp.Response) error {
	if o.status != 0 && response.StatusCode != o.status {
		return fmt.Errorf("its status is %d instead of %d", response.StatusCode, o.status)
	}
	if o.header != "" && response.Header.Get(o.header) == "" {
		return fmt.Errorf("it has no header %s", o.header)
	}
	in, out := reflect.Indirect(reflect.ValueOf(input)), reflect.Indirect(reflect.ValueOf(output))
	if !out.IsValid() {
		return errors.New("it has no result")
	}
	for _, path := range o.fields {
		if !has(out, strings.Split(path, ".")) {
			return fmt.Errorf("it has no %s", path)
		}
	}
	if o.check != nil {
		return o.check(in, out)
	}
	return nil
}

// has reports whether a value has the field that a path leads to.
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

// isAbsent reports whether a field was not in the answer. An empty list is in it.
func isAbsent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}

// everyEntry checks that a batch's answer says of each entry whether it failed ("Amazon SQS
// batch actions" in the Amazon SQS Developer Guide).
func everyEntry(input, output reflect.Value) error {
	told := append(entryIDs(output.FieldByName("Successful")), entryIDs(output.FieldByName("Failed"))...)
	for _, id := range entryIDs(input.FieldByName("Entries")) {
		if !slices.Contains(told, id) {
			return fmt.Errorf("it does not say what became of the entry %q", id)
		}
	}
	return nil
}

func entryIDs(entries reflect.Value) (ids []string) {
	for i := range entries.Len() {
		ids = append(ids, reflect.Indirect(entries.Index(i).FieldByName("Id")).String())
	}
	return ids
}

// everyAttribute checks that an answer has what was asked for. Attributes that a queue may
// lack, such as a redrive policy, must not be asked for by name.
func everyAttribute(input, output reflect.Value) error {
	names := input.FieldByName("AttributeNames")
	for i := range names.Len() {
		if name := names.Index(i); !output.FieldByName("Attributes").MapIndex(name.Convert(stringType)).IsValid() {
			return fmt.Errorf("it has no attribute %s", name)
		}
	}
	return nil
}

var stringType = reflect.TypeFor[string]()

// payloadIsJSON checks that there is an answer of the function's, which Lambda encodes as
// JSON: null at the least.
func payloadIsJSON(_, output reflect.Value) error {
	if !json.Valid(output.FieldByName("Payload").Bytes()) {
		return errors.New("its payload is not JSON")
	}
	return nil
}
