package cloudformation_test

import (
	"encoding/json"
	"slices"
	"testing"

	"sdtasktracker/infra/local/cloudformation"
)

func TestCreationOrder(t *testing.T) {
	for name, test := range map[string]struct {
		resources string
		want      []string
	}{
		"by rank, then by name": {`{"C":{"Type":"1"},"B":{"Type":"2"},"A":{"Type":"2"}}`, []string{"C", "A", "B"}},
		"after a Ref":           {`{"A":{"Type":"1","Properties":{"x":[{"Ref":"B"}]}},"B":{"Type":"2"}}`, []string{"B", "A"}},
		"after a GetAtt": {`{"A":{"Type":"1","Properties":{"x":{"Fn::GetAtt":["B","Arn"]},"y":{"Fn::GetAtt":"C.Arn"}}},
			"B":{"Type":"2"},"C":{"Type":"2"}}`, []string{"B", "C", "A"}},
		"after a Sub": {
			`{"A":{"Type":"1","Properties":{"x":{"Fn::Sub":"a ${B.Arn}"}}},"B":{"Type":"2"}}`,
			[]string{"B", "A"}},
		"after a DependsOn": {`{"A":{"Type":"1","DependsOn":["B"]},"B":{"Type":"2"}}`, []string{"B", "A"}},
		"after DependsOn B": {`{"A":{"Type":"1","DependsOn":"B"},"B":{"Type":"2"}}`, []string{"B", "A"}},
		"a circle ends":     {`{"A":{"Type":"1","DependsOn":"B"},"B":{"Type":"1","DependsOn":"A"}}`, []string{"B", "A"}},
		"through another": {
			`{"A":{"Type":"1","DependsOn":"B"},"B":{"Type":"1","DependsOn":"C"},"C":{}}`,
			[]string{"C", "B", "A"}},
		"nothing to create":  {`{}`, nil},
		"of oneself nothing": {`{"A":{"Type":"1","DependsOn":"A"}}`, []string{"A"}},
	} {
		t.Run(name, func(t *testing.T) {
			var template cloudformation.Template
			if err := json.Unmarshal([]byte(test.resources), &template.Resources); err != nil {
				t.Fatal(err)
			}
			rank := func(kind string) int { return len(kind) * int(append([]byte(kind), '0')[0]) }
			if got := template.CreationOrder(rank); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
