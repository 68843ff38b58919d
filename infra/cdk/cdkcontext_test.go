package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inFiles changes to a directory with CDK's files, and makes it the user's home too.
func inFiles(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Chdir(dir)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOthersContext: what other apps need of ~/.cdk.json does not keep this one from being deployed. What looks like a
// misspelt setting does, wherever it stands.
func TestOthersContext(t *testing.T) {
	for name, test := range map[string]struct{ file, key, want string }{
		"OKUsers":               {userFile, "company", ""},
		"OKUsersAlmostASetting": {userFile, "team", ""}, // three letters from tags
		"ErrProjects":           {"cdk.context.json", "company", "not a setting: company in cdk.context.json."},
		"ErrUsersMisspelt":      {userFile, "retentiondays", "in ~/.cdk.json is not a setting: did you mean retentionDays?"},
		"ErrProjectsMisspelt":   {"cdk.context.json", "topicArm", "in cdk.context.json is not a setting: did you mean topic"},
		"ErrUnderscore":         {"cdk.json", "delivery_bucket", "in cdk.json is not a setting: did you mean deliveryBucket"},
		"ErrNearest":            {"other.json", "inputTopicArm", "in -c is not a setting: did you mean inputTopicArn?"},
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"` + test.key + `": "x"}`
			if test.file != "cdk.context.json" {
				text = `{"context": ` + text + `}`
			}
			inFiles(t, map[string]string{strings.TrimPrefix(test.file, "~/"): text})
			switch _, err := NewSettings(with(map[string]any{test.key: "x"}), "", ""); {
			case test.want != "":
				wantError(t, err, test.want)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// TestTyped: with -c, every value is text.
func TestTyped(t *testing.T) {
	for name, test := range map[string]struct{ given, want any }{
		"OKBoundary":  {`{"name":"b"}`, map[string]any{"name": "b"}},
		"OKFlag":      {"false", false},
		"OKList":      {`["aws"]`, []any{"aws"}},
		"OKNumber":    {"12345", "12345"}, // a bootstrap qualifier
		"OKName":      {"weak", "weak"},
		"OKFromAFile": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, typed(test.given)); diff != "" {
				t.Errorf("(-want +got): %s", diff)
			}
		})
	}
}

func TestCheckBoundary(t *testing.T) {
	for _, boundary := range []any{nil, map[string]any{"name": "b"}, map[string]any{"arn": "a"}} {
		if err := checkBoundary(boundary); err != nil {
			t.Error(err)
		}
	}
	for name, boundary := range map[string]any{
		"ErrNoJSON": "{name:b}", "ErrNumber": 1.0,
		"ErrOtherField": map[string]any{"Name": "b"}, "ErrEmpty": map[string]any{"name": ""},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, checkBoundary(boundary), boundaryKey+` must be {"name": "POLICY"}`)
		})
	}
}

// TestCDKsContextSurvives: what the stack outputs as its settings, a cdk.context.json, has
// CDK's own context too.
func TestCDKsContextSurvives(t *testing.T) {
	inFiles(t, map[string]string{"cdk.json": `{"context": {"@aws-cdk/core:ours": true, "cli-telemetry": false}}`})
	context := with(map[string]any{boundaryKey: map[string]any{"name": "limits"}, "@aws-cdk/core:ours": true,
		"cli-telemetry": false, "acknowledged-issue-numbers": []any{1.0}, "aws:cdk:enable-path-metadata": true,
		"@company/flag": "x", cliKeys[0]: false})
	settings, err := NewSettings(context, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := addCDKs(settings.Given, context); err != nil {
		t.Fatal(err)
	}
	want := with(map[string]any{
		boundaryKey: map[string]any{"name": "limits"}, "acknowledged-issue-numbers": []any{1.0}})
	if diff := cmp.Diff(want, settings.Given); diff != "" {
		t.Errorf("the next cdk.context.json differs (-want +got):\n%s", diff)
	}
}

// TestPermissionsBoundary: all roles have it.
func TestPermissionsBoundary(t *testing.T) {
	tpl := synth(t, with(map[string]any{boundaryKey: map[string]any{"name": "limits"}}))
	for id, r := range tpl.Resources {
		if r.Type == "AWS::IAM::Role" && !strings.Contains(at(r.Properties["PermissionsBoundary"]), ":policy/limits") {
			t.Errorf("%s has the boundary %s", id, at(r.Properties["PermissionsBoundary"]))
		}
	}
}
