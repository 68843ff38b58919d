package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/shared/deployment"
)

// contexts are the settings that templates are tested with, by name. All include the default ones, which every
// deployment needs.
var contexts = sync.OnceValue(func() map[string]map[string]any {
	var all map[string]map[string]any
	text, err := os.ReadFile(filepath.Join(prepare.Root(), "infra/cdk/testdata/contexts.json"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		panic(err)
	}
	for _, context := range all {
		for name, value := range all["default"] {
			if context[name] == nil {
				context[name] = value
			}
		}
	}
	return all
})

// everySetting gives every setting.
func everySetting() map[string]any { return maps.Clone(contexts()["everything"]) }

var synthesized = map[string]template{}

// synthOnce synthesizes the template with a named context once for all tests.
func synthOnce(t *testing.T, name string) template {
	t.Helper()
	if _, ok := synthesized[name]; !ok {
		synthesized[name] = synth(t, contexts()[name])
	}
	return synthesized[name]
}

// elsewhere replaces what differs in the default template of another Region.
var elsewhere = map[string]*strings.Replacer{
	"another-region": strings.NewReplacer("us-east-1", "eu-west-1"),
	"aws-cn": strings.NewReplacer("us-east-1", "cn-north-1", "arn:aws:", "arn:aws-cn:",
		"console.aws.amazon.com", "console.amazonaws.cn"),
	"aws-us-gov": strings.NewReplacer("us-east-1", "us-gov-west-1", "arn:aws:", "arn:aws-us-gov:",
		"console.aws.amazon.com", "console.amazonaws-us-gov.com"),
}

// TestTemplate pins the default template, and what differs from it with other settings.
func TestTemplate(t *testing.T) {
	usual := defaultTemplate(t)
	checkGolden(t, "default", usual.lines(t))
	for _, name := range slices.Sorted(maps.Keys(contexts())) {
		replacer, other := elsewhere[name]
		t.Run("OK"+deployment.Pascal(name), func(t *testing.T) {
			switch got := synthOnce(t, name); {
			case name == "default":
			case other:
				if diff := cmp.Diff(replacer.Replace(string(usual.text)), string(got.text)); diff != "" {
					t.Errorf("more differs than the Region (-want +got):\n%s", diff)
				}
			default:
				checkGolden(t, name, difference(usual.lines(t), got.lines(t)))
			}
		})
	}
	t.Run("OKEverythingGivesEverySetting", func(t *testing.T) {
		r := contextReader{context: everySetting(), given: map[string]any{}}
		r.settings()
		for _, name := range r.names {
			if r.given[name] == nil {
				t.Errorf("it lacks %s", name)
			}
		}
	})
}
