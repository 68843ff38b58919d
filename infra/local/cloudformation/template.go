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
	StackName, Account, Region string
	// Dir is the cloud assembly's directory; assets' paths are relative to it.
	Dir string

	Resources map[string]Resource
	Outputs   map[string]Output
}

// Resource is one entry of the template's Resources.
type Resource struct {
	Type       string
	Properties map[string]any
	Metadata   map[string]any
	// DependsOn is a logical ID or a list of them.
	DependsOn any
}

// Output is one entry of the template's Outputs.
type Output struct {
	Description string
	Value       any
}

// ignoredSections do not affect what runs locally: they only check a deployment to
// AWS.
var ignoredSections = map[string]bool{
	"AWSTemplateFormatVersion": true, "Description": true, "Metadata": true, "Parameters": true, "Rules": true,
}

// Read reads the only stack of a cloud assembly, the directory that cdk synth
// writes. A template with an unsupported section is an error.
func Read(dir string) (*Template, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type        string
			Environment string
			Properties  struct {
				TemplateFile string
				StackName    string
			}
		}
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return nil, fmt.Errorf("%w (run make synth first)", err)
	}
	var t *Template
	for id, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		if t != nil {
			return nil, fmt.Errorf("%s has more than one stack: expected one", dir)
		}
		t = &Template{Dir: dir, StackName: id}
		if artifact.Properties.StackName != "" {
			t.StackName = artifact.Properties.StackName
		}
		place := strings.Split(strings.TrimPrefix(artifact.Environment, "aws://"), "/")
		if len(place) != 2 {
			return nil, fmt.Errorf("%s: environment %q is not aws://ACCOUNT/REGION", dir, artifact.Environment)
		}
		t.Account, t.Region = place[0], place[1]
		if err := t.read(filepath.Join(dir, artifact.Properties.TemplateFile)); err != nil {
			return nil, err
		}
	}
	if t == nil {
		return nil, fmt.Errorf("%s has no stack: run make synth", dir)
	}
	return t, nil
}

func (t *Template) read(path string) error {
	sections := map[string]json.RawMessage{}
	if err := readJSON(path, &sections); err != nil {
		return err
	}
	for name, section := range sections {
		var err error
		switch {
		case name == "Resources":
			err = json.Unmarshal(section, &t.Resources)
		case name == "Outputs":
			err = json.Unmarshal(section, &t.Outputs)
		case !ignoredSections[name]:
			err = fmt.Errorf("section %s is not supported by the local stack", name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func readJSON(path string, target any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read cloud assembly: %w", err)
	}
	if err := json.Unmarshal(data, target); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
