package awsclient

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sdtasktracker/infra/local/localtest"
	"sdtasktracker/shared/awserror"
)

// service answers each request with the next of its answers, and repeats the last answer.
type service struct {
	answers  []answer
	requests int
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	a := s.answers[min(s.requests, len(s.answers)-1)]
	s.requests++
	maps.Copy(w.Header(), a.header)
	if r.Method != http.MethodHead && a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if a.cut {
		_, _ = io.WriteString(w, a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, a.body)
}

// newClients returns clients of all services, by service ID, that send to a test server.
func newClients(t *testing.T) (*service, map[string]any) {
	t.Helper()
	s := &service{}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := localtest.Impatient(Configure(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
	}))
	return s, map[string]any{
		"S3":     s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }),
		"SQS":    sqs.NewFromConfig(cfg),
		"SNS":    sns.NewFromConfig(cfg),
		"IAM":    iam.NewFromConfig(cfg),
		"Lambda": lambda.NewFromConfig(cfg), "DynamoDB": dynamodb.NewFromConfig(cfg),
		"CloudFormation": cloudformation.NewFromConfig(cfg), "CloudWatch": cloudwatch.NewFromConfig(cfg),
		"SSM": ssm.NewFromConfig(cfg), "STS": sts.NewFromConfig(cfg),
	}
}

// send calls an operation, and reads a streamed body.
func send(ctx context.Context, clients map[string]any, name string, input any) error {
	service, operation, _ := strings.Cut(name, " ")
	method := reflect.ValueOf(clients[service]).MethodByName(operation)
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(input)})
	if err, failed := results[1].Interface().(error); failed {
		return err
	}
	if object, ok := results[0].Interface().(*s3.GetObjectOutput); ok {
		defer object.Body.Close()
		_, err := io.ReadAll(object.Body)
		return err
	}
	return nil
}

const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Welcome</body></html>"

// cutStep is the number of bytes between the places where bodies are cut off.
const cutStep = 7

// bad are answers without the result of an operation.
func bad(name string) map[string]answer {
	x := exchanges[name]
	all := map[string]answer{
		"empty": {status: 200}, "blank": {status: 200, body: " \n\t\r "}, "x": {status: 200, body: "<x/>"},
		"HTML":        {status: 200, header: http.Header{"Content-Type": {"text/html"}}, body: page},
		"null":        {status: 200, body: "null"},
		"list":        {status: 200, body: "[]"},
		"text":        {status: 200, body: "OK"},
		"message":     {status: 200, body: `{"message":"Service Unavailable"}`},
		"typed":       {status: 200, body: "{ \n\"__type\":\"x\"}"},
		"{}":          {status: 200, body: "{}"},
		"202":         {status: 202},
		"204":         {status: 204},
		"own headers": {status: 200, header: x.good.header},
	}
	// The Query protocol has the result in its own element, and nothing after it.
	result, _, _ := strings.Cut(x.good.body, "Result></")
	for end := 0; end < len(result); end += cutStep {
		all["cut after "+strconv.Itoa(end)] = answer{status: x.good.status, header: x.good.header, body: result[:end]}
	}
	if x.good.body != "" {
		all["cut off"] = answer{status: x.good.status, header: x.good.header, body: x.good.body, cut: true}
	}
	if a, ok := hollow[name]; ok {
		all["hollow"] = a
	}
	if name == "S3 GetObject" {
		maps.DeleteFunc(all, func(name string, _ answer) bool { return strings.HasPrefix(name, "cut") })
	}
	for _, good := range goodToo[name] {
		delete(all, good)
	}
	if x.good.body == "{}" {
		delete(all, "{}")
	}
	return all
}

// TestNoResult: an answer without the operation's result is an error after all attempts,
// unless a good answer follows.
func TestNoResult(t *testing.T) {
	s, clients := newClients(t)
	for name, x := range exchanges {
		t.Run(strings.ReplaceAll(name, " ", ""), func(t *testing.T) {
			for what, a := range bad(name) {
				*s = service{answers: []answer{a, x.good}}
				if err := send(t.Context(), clients, name, x.input); err != nil || s.requests != 2 {
					t.Errorf("%s, then a good answer: after %d requests, the error is %v", what, s.requests, err)
				}
				if strings.HasPrefix(what, "cut after") {
					continue // these behave the same, and are many
				}
				*s = service{answers: []answer{a}}
				err := send(t.Context(), clients, name, x.input)
				if err == nil || !awserror.IsTransient(err) || s.requests != attempts {
					t.Errorf("%s: after %d requests, the error is %v", what, s.requests, err)
				}
			}
			*s = service{answers: []answer{x.good}}
			if err := send(t.Context(), clients, name, x.input); err != nil || s.requests != 1 {
				t.Errorf("a good answer: after %d requests, the error is %v", s.requests, err)
			}
		})
	}
}

// TestNoResultOfTwoAnswers: fields of a truncated answer do not complete the next answer.
func TestNoResultOfTwoAnswers(t *testing.T) {
	s, clients := newClients(t)
	for name, x := range exchanges {
		least, isBad := bad(name)["{}"]
		if !isBad || x.good.body == "" {
			continue
		}
		t.Run(strings.ReplaceAll(name, " ", ""), func(t *testing.T) {
			for end := 0; end < len(x.good.body); end += cutStep {
				cut := answer{status: x.good.status, header: x.good.header, body: x.good.body[:end]}
				*s = service{answers: []answer{cut, least}}
				if err := send(t.Context(), clients, name, x.input); err == nil && s.requests > 1 {
					t.Errorf("after %q, %q is taken for the rest", cut.body, least.body)
				}
			}
		})
	}
}
