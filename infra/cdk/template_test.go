package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

const (
	testTopic  = "arn:aws:sns:us-east-1:000000000000:sd-notification-output"
	testBucket = "sd-output-bucket"
)

func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil { // assets' paths are relative to the project
		panic(err)
	}
	// No jsii.Close: it has a data race. Its process ends with this one, and
	// make test removes the temporary files of both.
	os.Exit(m.Run())
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
	data, err := os.ReadFile("cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &project); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("build/functions/record/bootstrap"); err != nil {
		t.Fatal("the functions are not built: run make test, which builds them")
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
	tpl := defaultTemplate(t)
	const golden = "infra/cdk/testdata/template.golden.json"
	got := assetHash.ReplaceAll(tpl.text, []byte("HASH"))
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the template is not %s: look at the difference after UPDATE_GOLDEN=1 make test, and commit it if it is meant", golden)
	}
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
