package main

import (
	"encoding/json"
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
		if err := os.WriteFile(filepath.Join(dir, strings.TrimPrefix(name, "~/")), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOthersContext: what other apps need of the context does not keep this one from
// being deployed. What looks like a misspelt setting does, wherever it stands.
func TestOthersContext(t *testing.T) {
	for name, test := range map[string]struct {
		file, key string
		want      string // of the error
	}{
		"OKUsers":               {userFile, "company", ""},
		"OKUsersAlmostASetting": {userFile, "team", ""}, // three letters from tags
		"OKProjects":            {contextFile, "color", ""},
		"ErrUsersMisspelt":      {userFile, "retentiondays", "stands in ~/.cdk.json: did you mean retentionDays?"},
		"ErrProjectsMisspelt":   {contextFile, "topicArm", "stands in cdk.context.json: did you mean topicArn?"},
		"ErrCommandLine":        {"other.json", "alarmMail", "stands in -c: did you mean alarmEmail?"},
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"` + test.key + `": "x"}`
			if test.file == userFile {
				text = `{"context": ` + text + `}`
			}
			inFiles(t, map[string]string{test.file: text})
			_, err := NewSettings(with(map[string]any{test.key: "x"}), "", "")
			if test.want == "" && err != nil {
				t.Error(err)
			}
			if test.want != "" {
				wantError(t, err, test.want)
			}
		})
	}
}

// TestTyped: with -c, every value is text.
func TestTyped(t *testing.T) {
	const flag, qualifier = "@aws-cdk/core:x", "@aws-cdk/core:bootstrapQualifier"
	for name, test := range map[string]struct {
		key         string
		given, want any
	}{
		"OKBoundary": {boundaryKey, `{"name":"b"}`, map[string]any{"name": "b"}},
		"OKFromFile": {boundaryKey, map[string]any{"arn": "a"}, nil},
		"OKFlag":     {flag, "false", false},
		"OKList":     {flag, `["aws"]`, []any{"aws"}},
		"OKName":     {qualifier, "12345", nil},
		"OKOurs":     {"dashboard", "false", nil},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{}
			if test.want != nil {
				want[test.key] = test.want
			}
			got, err := typed(map[string]any{test.key: test.given})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v, (-want +got): %s", err, diff)
			}
		})
	}
	for name, boundary := range map[string]any{
		"ErrNoJSON": "{name:b}", "ErrName": "b", "ErrOtherField": `{"Name":"b"}`, "ErrEmpty": map[string]any{"name": ""},
		"ErrNothing": nil,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := typed(map[string]any{boundaryKey: boundary})
			wantError(t, err, boundaryKey+` must be {"name": "POLICY"}`)
		})
	}
}

// TestCLIContext reads what the CLI hands over.
func TestCLIContext(t *testing.T) {
	t.Run("OK", func(t *testing.T) {
		overflow := filepath.Join(t.TempDir(), "overflow.json")
		if err := os.WriteFile(overflow, []byte(`{"b": 2}`), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv(contextVariable, `{"a": 1}`)
		t.Setenv(overflowVariable, overflow)
		if got, err := cliContext(); err != nil || len(got) != 2 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("OKNone", func(t *testing.T) {
		t.Setenv(contextVariable, "")
		if got, err := cliContext(); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("ErrContext", func(t *testing.T) {
		t.Setenv(contextVariable, "[]")
		_, err := cliContext()
		wantError(t, err, "read the context")
	})
}

// TestCDKsContextSurvives: what the stack outputs as its settings, a cdk.context.json, has
// CDK's own context too.
func TestCDKsContextSurvives(t *testing.T) {
	inFiles(t, map[string]string{projectFile: `{"context": {"@aws-cdk/core:ours": true, "cli-telemetry": false}}`})
	context := with(map[string]any{boundaryKey: map[string]any{"name": "limits"}, "@aws-cdk/core:ours": true,
		"cli-telemetry": false, "acknowledged-issue-numbers": []any{1.0}, "aws:cdk:enable-path-metadata": true,
		"@company/flag": "x", cliKeys[0]: false})
	settings, err := NewSettings(context, "", "")
	if err != nil {
		t.Fatal(err)
	}
	given, err := withCDKs(settings.Given, context)
	if err != nil {
		t.Fatal(err)
	}
	var again map[string]any
	if err := json.Unmarshal([]byte(given), &again); err != nil {
		t.Fatal(err)
	}
	want := with(map[string]any{
		boundaryKey: map[string]any{"name": "limits"}, "acknowledged-issue-numbers": []any{1.0}})
	if diff := cmp.Diff(want, again); diff != "" {
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
