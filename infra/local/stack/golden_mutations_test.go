package stack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestEveryRightMatters removes each action from each policy of a template, and adds an
// action to each: checkGolden must notice every change.
func TestEveryRightMatters(t *testing.T) {
	original := goldenTemplate(t, "kms")
	removed := 0
	for n, statement := range allows(decode(t, original)) {
		actions := actionsOf(statement)
		for i, action := range actions {
			removed++
			t.Run(fmt.Sprintf("statement %d without %s", n, action), func(t *testing.T) {
				wantNoticed(t, original, n, slices.Delete(slices.Clone(actions), i, i+1))
			})
		}
		t.Run(fmt.Sprintf("statement %d with another action", n), func(t *testing.T) {
			wantNoticed(t, original, n, append(slices.Clone(actions), "sqs:PurgeQueue"))
		})
	}
	if removed < 30 {
		t.Errorf("the template has only %d actions", removed)
	}
}

func TestEveryPermissionMatters(t *testing.T) {
	original := goldenTemplate(t, "kms")
	resources := decode(t, original).(map[string]any)["Resources"].(map[string]any)
	for id, resource := range resources {
		if resource.(map[string]any)["Type"] != "AWS::Lambda::Permission" {
			continue
		}
		t.Run(id, func(t *testing.T) {
			mutated := decode(t, original)
			delete(mutated.(map[string]any)["Resources"].(map[string]any), id)
			if checkGolden(t.Context(), "kms", encode(t, mutated)) == nil {
				t.Error("nobody misses it")
			}
		})
	}
}

// wantNoticed gives the template's nth statement other actions.
func wantNoticed(t *testing.T, original []byte, n int, actions []string) {
	t.Helper()
	mutated := decode(t, original)
	statement := allows(mutated)[n]
	statement["Action"] = actions
	if len(actions) == 0 { // which is no policy: it allows nothing instead
		statement["Action"], statement["Effect"] = "sqs:PurgeQueue", "Deny"
	}
	if checkGolden(t.Context(), "kms", encode(t, mutated)) == nil {
		t.Errorf("nobody notices that %v has the actions %v", statement, actions)
	}
}

// allows are the statements that allow something, always in the same order.
func allows(value any) []map[string]any {
	switch value := value.(type) {
	case map[string]any:
		if value["Effect"] == "Allow" && value["Action"] != nil {
			return []map[string]any{value}
		}
		var all []map[string]any
		for _, name := range slices.Sorted(maps.Keys(value)) {
			all = append(all, allows(value[name])...)
		}
		return all
	case []any:
		var all []map[string]any
		for _, element := range value {
			all = append(all, allows(element)...)
		}
		return all
	}
	return nil
}

func actionsOf(statement map[string]any) []string {
	if one, ok := statement["Action"].(string); ok {
		return []string{one}
	}
	var actions []string
	for _, action := range statement["Action"].([]any) {
		actions = append(actions, action.(string))
	}
	return actions
}

func decode(t *testing.T, data []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
