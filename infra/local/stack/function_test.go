package stack

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"sdtasktracker/infra/local/cloudformation"
)

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want it to say %q", err, want)
	}
}

func TestCreatorsRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		kind       string
		properties map[string]any
		want       string
	}{
		"ErrQualifier": {"AWS::Lambda::EventInvokeConfig", map[string]any{"FunctionName": "f", "Qualifier": "live"},
			"qualifier live is not supported"},
		"ErrNoAsset":  {"AWS::Lambda::Function", map[string]any{}, "its code is not an asset"},
		"ErrProperty": {"AWS::SQS::Queue", map[string]any{"FifoQueue": true}, `unknown field "FifoQueue": add it in`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(&cloudformation.Template{}, Options{})
			_, err := s.creators[test.kind](t.Context(), "R", test.properties)
			wantError(t, err, test.want)
		})
	}
}

// TestDeploy: a resource that can't be created is an error, and a resource is created after those that it refers to.
func TestDeploy(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		s := newStack(&cloudformation.Template{Region: "us-east-1",
			Resources: map[string]cloudformation.Resource{
				"A": {Type: "AWS::Logs::LogGroup", Properties: map[string]any{"Tags": map[string]any{"Ref": "B"}}},
				"B": {Type: "AWS::Logs::LogGroup"},
				"C": {Type: "AWS::CloudWatch::Alarm", Properties: map[string]any{"Anything": true}},
			},
			Outputs: map[string]cloudformation.Output{
				"Arn": {Value: map[string]any{"Fn::GetAtt": []any{"A", "Arn"}}}, "Alarm": {Value: map[string]any{"Ref": "C"}}},
		}, Options{})
		var order []string
		create := s.creators["AWS::Logs::LogGroup"]
		s.creators["AWS::Logs::LogGroup"] = func(ctx context.Context, id string, p any) (cloudformation.Physical, error) {
			order = append(order, id)
			return create(ctx, id, p)
		}
		if err := s.deploy(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"Arn": "arn:aws:logs:us-east-1:000000000000:log-group:-A:*", "Alarm": "C"}
		if fmt.Sprint(order) != "[B A]" || !maps.Equal(s.Outputs, want) {
			t.Errorf("created %v, with the outputs %v", order, s.Outputs)
		}
		if got := s.NotRun()[0]; got != "1 CloudWatch::Alarm" {
			t.Errorf("not run are %v", got)
		}
	})
	t.Run("ErrType", func(t *testing.T) {
		s := newStack(&cloudformation.Template{
			Resources: map[string]cloudformation.Resource{"Bus": {Type: "AWS::Events::EventBus"}}}, Options{})
		wantError(t, s.deploy(t.Context()), `resource Bus: type "AWS::Events::EventBus" is not supported`)
	})
	t.Run("ErrCycle", func(t *testing.T) {
		refersTo := func(id string) cloudformation.Resource {
			tags := map[string]any{"Ref": id}
			return cloudformation.Resource{Type: "AWS::Logs::LogGroup", Properties: map[string]any{"Tags": tags}}
		}
		s := newStack(&cloudformation.Template{
			Resources: map[string]cloudformation.Resource{"A": refersTo("B"), "B": refersTo("A")}}, Options{})
		wantError(t, s.deploy(t.Context()), "refers to itself")
	})
}

func TestFunctionEnvironment(t *testing.T) {
	s := &Stack{Region: "eu-west-1", functionEndpoints: map[string]string{"S3": "http://s3", "SQS": "http://sqs"}}
	s.options = Options{AccessKey: "key", SecretKey: "secret", Environment: map[string]string{"SHORT": "true"}}
	got := s.functionEnvironment("f", map[string]string{"TASK_TABLE": "tasks", "AWS_REGION": "the template's"})
	want := map[string]string{
		"AWS_REGION": "the template's", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "f", "AWS_SECRET_ACCESS_KEY": "secret", "TASK_TABLE": "tasks", "SHORT": "true",
		"AWS_ENDPOINT_URL_S3": "http://s3", "AWS_ENDPOINT_URL_SQS": "http://sqs",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
