package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sdtasktracker/infra/local/prepare"
	"sdtasktracker/shared/deployment"
)

// TestRetention: what holds data outlives the stack. If the first deployment fails,
// CloudFormation removes it again, except for the table: deletion protection would
// make the rollback fail.
func TestRetention(t *testing.T) {
	onDeletion := map[string]string{
		"AWS::DynamoDB::Table": "Retain", "AWS::S3::Bucket": "RetainExceptOnCreate",
		"AWS::SQS::Queue": "RetainExceptOnCreate", "AWS::Logs::LogGroup": "Delete",
	}
	onReplacement := map[string]string{
		"AWS::DynamoDB::Table": "Retain", "AWS::S3::Bucket": "Retain", "AWS::SQS::Queue": "Retain",
		"AWS::Logs::LogGroup": "Delete",
	}
	for _, name := range slices.Sorted(maps.Keys(contexts())) {
		for id, r := range synthOnce(t, name).Resources {
			if r.DeletionPolicy != onDeletion[r.Type] || r.UpdateReplacePolicy != onReplacement[r.Type] {
				t.Errorf("%s of %s has the policies %q and %q", id, name, r.DeletionPolicy, r.UpdateReplacePolicy)
			}
		}
	}
}

// TestRemovalIsDocumented: infra/README.md removes whatever the stack leaves, by the
// output that names it.
func TestRemovalIsDocumented(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(prepare.Root(), "infra/README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, removal, found := strings.Cut(string(document), "\n## Remove\n")
	if !found {
		t.Fatal("infra/README.md does not say how to remove the stack")
	}
	for _, name := range slices.Sorted(maps.Keys(contexts())) {
		tpl := synthOnce(t, name)
		for id, r := range tpl.Resources {
			if !strings.HasPrefix(r.DeletionPolicy, "Retain") {
				continue
			}
			output := tpl.outputOf(id)
			if output == "" || !strings.Contains(removal, "$"+deployment.Variable(output)) {
				t.Errorf("%s of %s stays, with the output %q: infra/README.md does not remove it", id, name, output)
			}
		}
	}
}

// outputOf is the output that refers to a resource; "" for none.
func (tpl template) outputOf(id string) string {
	for name, output := range tpl.Outputs {
		if at(output.Value) == `{"Ref":"`+id+`"}` {
			return name
		}
	}
	return ""
}
