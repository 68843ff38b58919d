package stack

import (
	"maps"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/iam"
	"sdtasktracker/infra/local/lambdahost"
)

// withFunction is a stack with one function that is never invoked.
func withFunction() *Stack {
	s := &Stack{Region: "us-east-1", Host: lambdahost.New(time.Second, nil), sessions: map[string]iam.Principal{}}
	s.options.Denied = func(error) {}
	s.Authorizer = s.newAuthorizer()
	s.Host.Add(lambdahost.Function{Name: "f"})
	return s
}

func resource(properties map[string]any) cloudformation.Resource {
	return cloudformation.Resource{Properties: properties}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want it to say %q", err, want)
	}
}

func TestConfigureEvents(t *testing.T) {
	err := withFunction().configureEvents(resource(map[string]any{"FunctionName": "f", "Qualifier": "live"}))
	wantError(t, err, "qualifier live is not supported")
}

func TestNewFunction(t *testing.T) {
	_, err := withFunction().newFunction("f", resource(map[string]any{}))
	wantError(t, err, "its code is not an asset")
}

func TestFunctionEnvironment(t *testing.T) {
	s := &Stack{Region: "eu-west-1", functionEndpoints: map[string]string{"S3": "http://s3", "SQS": "http://sqs"}}
	s.options = Options{AccessKey: "key", SecretKey: "secret"}
	got := s.functionEnvironment("f", map[string]string{"TASK_TABLE": "tasks", "AWS_REGION": "the template's"})
	want := map[string]string{
		"AWS_REGION": "the template's", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "f", "AWS_SECRET_ACCESS_KEY": "secret", "TASK_TABLE": "tasks",
		"AWS_ENDPOINT_URL_S3": "http://s3", "AWS_ENDPOINT_URL_SQS": "http://sqs",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
