package costs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sdtasktracker/infra/local/prepare"
)

// stack is what the template of the default settings says about costs.
type stack struct {
	alarms, dashboards float64
	// memory is each function's, in GB, by the function's name.
	memory map[string]float64
	// filtered are the functions whose subscription filters message bodies.
	filtered map[string]bool
	runtimes int // that metrics distinguish
}

func readStack(t testing.TB) stack {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(prepare.Root(), "infra/cdk/testdata/template.golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				MemorySize   float64
				Environment  struct{ Variables map[string]any }
				FilterPolicy map[string]any
			}
		}
	}
	if err := json.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	s := stack{memory: map[string]float64{}, filtered: map[string]bool{}}
	for id, resource := range template.Resources {
		name, _, _ := strings.Cut(id, "Function")
		name = strings.ToLower(name)
		switch resource.Type {
		case "AWS::CloudWatch::Alarm":
			s.alarms++
		case "AWS::CloudWatch::Dashboard":
			s.dashboards++
		case "AWS::SNS::Subscription":
			s.filtered[name] = resource.Properties.FilterPolicy != nil
		case "AWS::Lambda::Function":
			s.memory[name] = resource.Properties.MemorySize / 1024
			if runtimes, ok := resource.Properties.Environment.Variables["METRIC_RUNTIMES"].(string); ok {
				s.runtimes = len(strings.Split(runtimes, ","))
			}
		}
	}
	if s.memory["record"] == 0 || s.memory["deliver"] == 0 || s.runtimes == 0 || s.alarms == 0 {
		t.Fatalf("the template has other names: %+v", s)
	}
	return s
}
