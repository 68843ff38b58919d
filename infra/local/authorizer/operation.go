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

// The actions that operations of the JSON protocols need ("Actions, resources,
// and condition keys for Amazon DynamoDB" and "… for Amazon SQS" in the Service
// Authorization Reference).
var jsonActions = map[Service]map[string]string{
	DynamoDB: {
		"BatchGetItem": "dynamodb:BatchGetItem",
		"GetItem":      "dynamodb:GetItem",
		"Query":        "dynamodb:Query",
		"UpdateItem":   "dynamodb:UpdateItem",
	},
	SQS: {
		"ChangeMessageVisibility":      "sqs:ChangeMessageVisibility",
		"ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
		"DeleteMessage":                "sqs:DeleteMessage",
		"DeleteMessageBatch":           "sqs:DeleteMessage",
		"GetQueueAttributes":           "sqs:GetQueueAttributes",
		"ReceiveMessage":               "sqs:ReceiveMessage",
		"SendMessage":                  "sqs:SendMessage",
	},
}

// read tells a request's operation. One that isn't known is an error. body is
// the request's, nil for S3.
func (a *Authorizer) read(service Service, r *http.Request, body []byte) (operation, error) {
	switch service {
	case S3:
		return a.readS3(r)
	case Lambda:
		return a.readLambda(r)
	case SNS:
		return a.readSNS(r, body)
	}
	return a.readJSON(service, r, body)
}

func unknown(r *http.Request, what string) error {
	return fmt.Errorf("the local stack doesn't know which rights %s (%s %s) needs: add it in infra/local/authorizer",
		what, r.Method, r.URL)
}

func (a *Authorizer) readJSON(service Service, r *http.Request, body []byte) (operation, error) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	action := jsonActions[service][name]
	if action == "" {
		return operation{}, unknown(r, fmt.Sprintf("%s's %q", service, name))
	}
	var input struct {
		TableName, IndexName, QueueUrl string
		RequestItems                   map[string]json.RawMessage // by table
	}
	if err := json.Unmarshal(body, &input); err != nil {
		return operation{}, fmt.Errorf("read %s: %w", name, err)
	}
	if name == "BatchGetItem" {
		op := operation{name: name}
		for _, table := range slices.Sorted(maps.Keys(input.RequestItems)) {
			op.needs = append(op.needs, need{action, a.place.ARN("dynamodb", "table/"+table)})
		}
		return op, nil
	}
	resource := a.place.ARN("dynamodb", "table/"+input.TableName)
	if input.IndexName != "" {
		resource += "/index/" + input.IndexName
	}
	if service == SQS {
		resource = a.place.ARN("sqs", path.Base(input.QueueUrl))
	}
	return operation{name: name, needs: []need{{action, resource}}}, nil
}

// readSNS reads Publish, whose parameters are a form ("Actions, resources, and condition keys for Amazon SNS").
func (a *Authorizer) readSNS(r *http.Request, body []byte) (operation, error) {
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

// target is a bucket or an object.
type target struct{ bucket, key string }

func (t target) arn(partition string) string {
	arn := "arn:" + partition + ":s3:::" + t.bucket
	if t.key != "" {
		arn += "/" + t.key
	}
	return arn
}

// copySource is the object that a copy reads.
func copySource(r *http.Request) (target, error) {
	value := strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/")
	if strings.Contains(value, "?") || strings.HasPrefix(value, "arn:") {
		return target{}, unknown(r, "the copy source "+value)
	}
	path, err := url.PathUnescape(value)
	if err != nil {
		return target{}, fmt.Errorf("read the copy source: %w", err)
	}
	bucket, key, _ := strings.Cut(path, "/")
	return target{bucket, key}, nil
}
