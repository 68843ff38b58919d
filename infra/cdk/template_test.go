package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"sdtasktracker/infra/local/prepare"
)

const (
	testTopic = "arn:aws:sns:us-east-1:000000000000:sd-notification-output"

	testInputTopic = "arn:aws:sns:us-east-1:000000000000:sd-notification-input"
	testBucket     = "sd-output-bucket"
)

// template is a synthesized template as plain JSON.
type template struct {
	Description string
	Resources   map[string]resource
	Outputs     map[string]struct {
		Description string
		Value       any
	}
	text []byte
}

type resource struct {
	Type                                string
	Properties                          map[string]any
	DependsOn                           []string
	DeletionPolicy, UpdateReplacePolicy string
}

// synth synthesizes the stack with a context.
func synth(t *testing.T, context map[string]any) template {
	t.Helper()
	app, settings := newApp(t, context)
	NewStack(app, settings)
	out := *app.Synth(nil).Directory()
	var result template
	var err error
	result.text, err = os.ReadFile(filepath.Join(out, settings.StackName+".template.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(result.text, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// newApp is an app with the context of cdk.json and the given one.
func newApp(t *testing.T, context map[string]any) (awscdk.App, Settings) {
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
	app := awscdk.NewApp(&awscdk.AppProps{Context: &project.Context, Outdir: jsii.String(t.TempDir())})
	settings, err := NewSettings(project.Context, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return app, settings
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

// defaultTemplate is the template without any optional setting.
func defaultTemplate(t *testing.T) template {
	t.Helper()
	return synthOnce(t, "default")
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
