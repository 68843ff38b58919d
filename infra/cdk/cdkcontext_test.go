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

// TestUsersContext: what other apps need of ~/.cdk.json does not keep this one from being deployed.
func TestUsersContext(t *testing.T) {
	for name, test := range map[string]struct{ file, text, want string }{
		"OK":             {".cdk.json", `{"context": {"company": "x"}}`, ""},
		"ErrAnotherFile": {"other.json", `{"context": {"company": "x"}}`, "not a setting: company."},
		"ErrNoJSON":      {".cdk.json", `{`, "read the CDK context in "},
	} {
		t.Run(name, func(t *testing.T) {
			inFiles(t, map[string]string{test.file: test.text})
			switch _, err := NewSettings(with(map[string]any{"company": "x"}), "", ""); {
			case test.want != "":
				wantError(t, err, test.want)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// TestParseBoundary: with -c, every value is text.
func TestParseBoundary(t *testing.T) {
	for name, test := range map[string]struct {
		given any
		want  map[string]any // nil: it is refused
	}{
		"OKText":        {`{"name":"b"}`, map[string]any{"name": "b"}},
		"OKFile":        {map[string]any{"arn": "a"}, map[string]any{"arn": "a"}},
		"ErrNoJSON":     {"{name:b}", nil},
		"ErrName":       {"b", nil},
		"ErrOtherField": {`{"Name":"b"}`, nil},
		"ErrEmpty":      {map[string]any{"name": ""}, nil},
		"ErrNumber":     {1.0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseBoundary(test.given)
			if test.want == nil {
				wantError(t, err, boundaryKey+` must be {"name": "POLICY"}`)
			} else if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("%v, (-want +got): %s", err, diff)
			}
		})
	}
	if got, err := parseBoundary(nil); got != nil || err != nil {
		t.Errorf("without one: %v, %v", got, err)
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
