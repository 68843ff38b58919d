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

// Service is an AWS service, named by the suffix of its AWS_ENDPOINT_URL_….
type Service string

// The services that functions call.
const (
	DynamoDB Service = "DYNAMODB"
	Lambda   Service = "LAMBDA"
	S3       Service = "S3"
	SNS      Service = "SNS"
	SQS      Service = "SQS"
)

// operation is a request's operation and the rights that it needs.
type operation struct {
	// needs are the rights without which the request is denied.
	needs []need
	// ifMissing are the rights without which S3 answers AccessDenied for a missing
	// object.
	ifMissing []need
}

type need struct{ action, resource string }

// jsonOperations are the supported operations of services with a JSON protocol. An operation needs the action with its
// name, a batch operation of SQS the action for a single message ("Actions, resources, and condition keys for Amazon
// DynamoDB" and "… for Amazon SQS" in the Service Authorization Reference).
var jsonOperations = map[Service][]string{
	DynamoDB: {"BatchGetItem", "GetItem", "Query", "UpdateItem"},
	SQS: {"ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch",
		"GetQueueAttributes", "ReceiveMessage", "SendMessage"},
}

// read returns a request's operation. An unknown operation is an error. body is the
// request's body; nil for S3.
func (a *Authorizer) read(service Service, r *http.Request, body []byte) (op operation, err error) {
	switch service {
	case S3:
		return a.readS3(r)
	case Lambda:
		op.needs, err = a.readLambda(r)
	case SNS:
		op.needs, err = readSNS(r, body)
	default:
		op.needs, err = a.readJSON(service, r, body)
	}
	return op, err
}

func unknown(r *http.Request, what string) error {
	return fmt.Errorf("the local stack doesn't know which permissions %s (%s %s) needs: add it in infra/local/authorizer",
		what, r.Method, r.URL)
}

func (a *Authorizer) readJSON(service Service, r *http.Request, body []byte) (needs []need, err error) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !slices.Contains(jsonOperations[service], name) {
		return nil, unknown(r, fmt.Sprintf("%s's %q", service, name))
	}
	var input struct {
		TableName, IndexName, QueueUrl string
		RequestItems                   map[string]json.RawMessage // by table
	}
	if err := json.Unmarshal(body, &input); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if service == SQS {
		action := "sqs:" + strings.TrimSuffix(name, "Batch")
		return []need{{action, a.place.ARN("sqs", path.Base(input.QueueUrl))}}, nil
	}
	tables := slices.Sorted(maps.Keys(input.RequestItems))
	if name != "BatchGetItem" {
		tables = []string{input.TableName}
	}
	for _, table := range tables {
		if input.IndexName != "" {
			table += "/index/" + input.IndexName
		}
		needs = append(needs, need{"dynamodb:" + name, a.place.ARN("dynamodb", "table/"+table)})
	}
	return needs, nil
}

// readSNS reads Publish, whose parameters are form values ("Actions, resources, and condition keys for Amazon SNS").
func readSNS(r *http.Request, body []byte) ([]need, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("read SNS's request: %w", err)
	}
	if name := form.Get("Action"); name != "Publish" {
		return nil, unknown(r, fmt.Sprintf("SNS's %q", name))
	}
	return []need{{"sns:Publish", form.Get("TopicArn")}}, nil
}

// readLambda reads Invoke, whose function is a name or an ARN ("Actions,
// resources, and condition keys for AWS Lambda").
func (a *Authorizer) readLambda(r *http.Request) ([]need, error) {
	name, isFunction := strings.CutPrefix(r.URL.Path, "/2015-03-31/functions/")
	name, isInvoke := strings.CutSuffix(name, "/invocations")
	if r.Method != http.MethodPost || !isFunction || !isInvoke || r.URL.Query().Has("Qualifier") {
		return nil, unknown(r, "Lambda's operation")
	}
	if !strings.HasPrefix(name, "arn:") {
		name = a.place.ARN("lambda", "function:"+name)
	}
	return []need{{"lambda:InvokeFunction", name}}, nil
}
