package stack

import (
	"strings"
	"testing"

	"sdtasktracker/infra/local/cloudformation"
)

func TestProperties(t *testing.T) {
	queue := func(p map[string]any) cloudformation.Resource {
		return cloudformation.Resource{Type: "AWS::SQS::Queue", Properties: p}
	}
	t.Run("OK", func(t *testing.T) {
		var p queueProperties
		resource := queue(map[string]any{"MessageRetentionPeriod": 60.0, "SqsManagedSseEnabled": true})
		err := properties(resource, cloudformation.Resolver{}, &p)
		if err != nil || p.MessageRetentionPeriod != 60 {
			t.Errorf("got %+v, %v", p, err)
		}
	})
	t.Run("ErrUnknownProperty", func(t *testing.T) {
		var p queueProperties
		err := properties(queue(map[string]any{"FifoQueue": true}), cloudformation.Resolver{}, &p)
		if err == nil || !strings.Contains(err.Error(), `property "FifoQueue" is not supported`) {
			t.Errorf("error is %v", err)
		}
	})
}

// TestDeployRefusesUnknownTypes: a resource that is not created must not go
// unnoticed.
func TestDeployRefusesUnknownTypes(t *testing.T) {
	s := &Stack{template: &cloudformation.Template{
		Resources: map[string]cloudformation.Resource{"Bus": {Type: "AWS::Events::EventBus"}},
	}}
	err := s.deploy(t.Context())
	if err == nil || !strings.Contains(err.Error(), "resource Bus: type AWS::Events::EventBus is not supported") {
		t.Errorf("error is %v", err)
	}
}
