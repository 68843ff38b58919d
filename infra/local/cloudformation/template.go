// Package cloudformation reads the template that cdk synth writes, and resolves
// its intrinsic functions.
package cloudformation

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Template is a synthesized stack.
type Template struct {
	// StackName, Account and Region come from the cloud assembly's manifest.
	StackName, Account, Region string `json:"-"`
	// Dir is the cloud assembly's directory; assets' paths are relative to it.
	Dir string `json:"-"`

	Resources map[string]Resource
	Outputs   map[string]Output

	// Nothing on this machine depends on these.
	Description, Parameters, Rules any
}

// Resource is one entry of the template's Resources.
type Resource struct {
	Type       string
	Properties map[string]any
	Metadata   map[string]any

	// Nothing on this machine depends on these: no message is published until all resources exist.
	DependsOn, DeletionPolicy, UpdateReplacePolicy any
}

// Output is one entry of the template's Outputs.
type Output struct {
	Description string
	Value       any
}

// Read reads the stack of a cloud assembly, the directory that cdk synth writes. A
// section or an attribute of a resource that the local stack doesn't know is an error.
func Read(dir string) (*Template, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type, Environment string
			Properties        struct{ TemplateFile string }
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		return nil, fmt.Errorf("read cloud assembly: %w (run make synth first)", err)
	}
	if err := json.Unmarshal(data, &manifest); err != nil {
		return nil, fmt.Errorf("read manifest.json: %w", err)
	}
	for id, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		account, region, _ := strings.Cut(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
		t := &Template{StackName: id, Account: account, Region: region, Dir: dir}
		return t, t.read(filepath.Join(dir, artifact.Properties.TemplateFile))
	}
	return nil, fmt.Errorf("%s has no stack: run make synth", dir)
}

func (t *Template) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the template: %w", err)
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(t); err != nil {
		return fmt.Errorf("%s is not supported by the local stack: %w", path, err)
	}
	return nil
}
