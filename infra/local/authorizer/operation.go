package authorizer

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Service is an AWS service, by the end of its AWS_ENDPOINT_URL_….
type Service string

// The services that functions call.
const (
	DynamoDB Service = "DYNAMODB"
	Lambda   Service = "LAMBDA"
	S3       Service = "S3"
	SNS      Service = "SNS"
	SQS      Service = "SQS"
)

// operation is what a request asks of a service.
type operation struct {
	name string
	// needs are the rights that the request takes.
	needs []need
	// ifMissing are the rights that it takes to be told that what the request
	// reads does not exist.
	ifMissing []need
}

type need struct{ action, resource string }

// The operations that are known of the JSON protocols. Each needs the action of its name, and one on a batch the action
// on one message ("Actions, resources, and condition keys for Amazon DynamoDB" and "… for Amazon SQS" in the Service
// Authorization Reference).
var (
	dynamoDBOperations = []string{"BatchGetItem", "GetItem", "Query", "UpdateItem"}
	sqsOperations      = []string{"ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage",
		"DeleteMessageBatch", "GetQueueAttributes", "ReceiveMessage", "SendMessage"}
)

// read returns a request's operation. An operation that isn't known is an error. body
// is the request's, nil for S3.
func (a *Authorizer) read(service Service, r *http.Request, body []byte) (operation, error) {
	switch service {
	case S3:
		return a.readS3(r)
	case Lambda:
		return a.readLambda(r)
	case SNS:
		return readSNS(r, body)
	case SQS:
		return a.readSQS(r, body)
	}
	return a.readDynamoDB(r, body)
}

func unknown(r *http.Request, what string) error {
	return fmt.Errorf("the local stack doesn't know which rights %s (%s %s) needs: add it in infra/local/authorizer",
		what, r.Method, r.URL)
}

// readJSON reads a request's name, which must be a known operation's, and its input.
func readJSON(service Service, known []string, r *http.Request, body []byte, input any) (name string, err error) {
	_, name, _ = strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !slices.Contains(known, name) {
		return "", unknown(r, fmt.Sprintf("%s's %q", service, name))
	}
	if err := json.Unmarshal(body, input); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return name, nil
}

func (a *Authorizer) readDynamoDB(r *http.Request, body []byte) (operation, error) {
	var input struct {
		TableName, IndexName string
		RequestItems         map[string]json.RawMessage // by table
	}
	name, err := readJSON(DynamoDB, dynamoDBOperations, r, body, &input)
	if err != nil {
		return operation{}, err
	}
	resources := slices.Sorted(maps.Keys(input.RequestItems))
	if name != "BatchGetItem" {
		resources = []string{input.TableName}
	}
	op := operation{name: name}
	for _, resource := range resources {
		if input.IndexName != "" {
			resource += "/index/" + input.IndexName
		}
		op.needs = append(op.needs, need{"dynamodb:" + name, a.place.ARN("dynamodb", "table/"+resource)})
	}
	return op, nil
}

func (a *Authorizer) readSQS(r *http.Request, body []byte) (operation, error) {
	var input struct{ QueueUrl string }
	name, err := readJSON(SQS, sqsOperations, r, body, &input)
	if err != nil {
		return operation{}, err
	}
	action := "sqs:" + strings.TrimSuffix(name, "Batch")
	return operation{name: name, needs: []need{{action, a.place.ARN("sqs", path.Base(input.QueueUrl))}}}, nil
}

// readSNS reads Publish, whose parameters are a form ("Actions, resources, and condition keys for Amazon SNS").
func readSNS(r *http.Request, body []byte) (operation, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return operation{}, fmt.Errorf("read SNS's request: %w", err)
	}
	if name := form.Get("Action"); name != "Publish" {
		return operation{}, unknown(r, fmt.Sprintf("SNS's %q", name))
	}
	return operation{name: "Publish", needs: []need{{"sns:Publish", form.Get("TopicArn")}}}, nil
}

// readLambda reads Invoke, whose function is a name or an ARN ("Actions,
// resources, and condition keys for AWS Lambda").
func (a *Authorizer) readLambda(r *http.Request) (operation, error) {
	name, isFunction := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
	name, isInvoke := strings.CutSuffix(name, "/invocations")
	if r.Method != http.MethodPost || !isFunction || !isInvoke || r.URL.Query().Has("Qualifier") {
		return operation{}, unknown(r, "Lambda's operation")
	}
	if !strings.HasPrefix(name, "arn:") {
		name = a.place.ARN("lambda", "function:"+name)
	}
	return operation{name: "Invoke", needs: []need{{"lambda:InvokeFunction", name}}}, nil
}
