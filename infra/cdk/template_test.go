package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"sdtasktracker/infra/local/prepare"
)

const (
	testTopic  = "arn:aws:sns:us-east-1:000000000000:sd-notification-output"
	testBucket = "sd-output-bucket"
)

// update rewrites golden files with what the tests got.
var update = flag.Bool("update", false, "rewrite testdata/*.golden.json")

func TestMain(m *testing.M) {
	// No jsii.Close: it has a data race. Its process ends with this one, and
	// make test removes the temporary files of both.
	code, err := amongStubs(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// amongStubs runs the tests in a directory where every function seems to be
// built: assets' paths are relative to the working directory, and the template
// does not depend on what is in them.
func amongStubs(m *testing.M) (int, error) {
	mains, err := filepath.Glob(filepath.Join(prepare.Root(), "functions/*/main.go"))
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "cdk-stubs-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		stub := filepath.Join(dir, "build/functions", name)
		if err := os.MkdirAll(stub, 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(stub, "bootstrap"), []byte(name), 0o755); err != nil {
			return 0, err
		}
	}
	if err := os.Chdir(dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

// checkGolden compares a text with testdata/NAME, line by line.
func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join(prepare.Root(), "infra/cdk/testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); if that is meant, run go test ./infra/cdk -run %s -update\n%s",
			path, strings.Split(t.Name(), "/")[0], diff)
	}
}

// template is a synthesized template as plain JSON.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	text      []byte
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

// synth synthesizes the stack with the context of cdk.json and the given one.
func synth(t *testing.T, context map[string]any) template {
	t.Helper()
	var project struct{ Context map[string]any }
	data, err := os.ReadFile(filepath.Join(prepare.Root(), "cdk.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &project); err != nil {
		t.Fatal(err)
	}
	maps.Copy(project.Context, context)
	out := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Context: &project.Context, Outdir: jsii.String(out)})
	settings, err := NewSettings(func(key string) any { return project.Context[key] }, "", "")
	if err != nil {
		t.Fatal(err)
	}
	NewStack(app, settings)
	app.Synth(nil)
	var result template
	result.text, err = os.ReadFile(filepath.Join(out, settings.StackName+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(result.text, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// only is the one resource of a type whose logical ID begins with a prefix.
func (tpl template) only(t *testing.T, kind, prefix string) map[string]any {
	t.Helper()
	var found []string
	for id, r := range tpl.Resources {
		if r.Type == kind && strings.HasPrefix(id, prefix) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s begin with %q, want 1: %v", len(found), kind, prefix, found)
	}
	return tpl.Resources[found[0]].Properties
}

// at follows a path of keys and indexes, and gives the JSON that is there.
func at(value any, path ...any) string {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := value.(map[string]any)
			value = m[step]
		case int:
			l, _ := value.([]any)
			if step >= len(l) {
				return "nothing"
			}
			value = l[step]
		}
	}
	text, _ := json.Marshal(value)
	return string(text)
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// defaultContext has what every deployment needs, and nothing else.
func defaultContext() map[string]any {
	return map[string]any{"topicArn": testTopic, "outputBucket": testBucket}
}

// with is the default context with more settings.
func with(settings map[string]any) map[string]any {
	context := defaultContext()
	maps.Copy(context, settings)
	return context
}

var synthesized *template

// defaultTemplate is the template without any optional setting.
func defaultTemplate(t *testing.T) template {
	t.Helper()
	if synthesized == nil {
		tpl := synth(t, defaultContext())
		synthesized = &tpl
	}
	return *synthesized
}

// TestGoldenTemplate pins the whole template.
func TestGoldenTemplate(t *testing.T) {
	checkGolden(t, "template.golden.json", assetHash.ReplaceAll(defaultTemplate(t).text, []byte("HASH")))
}

func TestSynthIsDeterministic(t *testing.T) {
	tpl := defaultTemplate(t)
	again := synth(t, defaultContext())
	if !bytes.Equal(tpl.text, again.text) {
		t.Error("two runs differ")
	}
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
