package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// release is what goes into an archive.
type release struct {
	version, platform string
	root              string // the project's directory
	app, command      string // compiled for the platform
	level             int    // of compression
}

// name is the folder that the archive unpacks to.
func (r release) name() string { return "sd-task-tracker-" + r.version }

// documents are copied as they are, so that the links between them work.
var documents = []string{"LICENSE", "README.md", "functions/README.md", "infra/*.md", "infra/*/README.md",
	".github/*.md", ".github/*.png"}

// files are the archive's files, by name. Programs have the paths that the CDK app and cdk.json know from the source.
func (r release) files() (map[string]file, error) {
	licenses, err := r.licenses()
	if err != nil {
		return nil, err
	}
	app, packages, lock, err := r.configuration()
	if err != nil {
		return nil, err
	}
	npmrc, err := os.ReadFile(filepath.Join(r.root, "infra/.npmrc"))
	if err != nil {
		return nil, err
	}
	files := map[string]file{
		"build/bin/cdk": {from: r.app, executable: true}, "sdtasks": {from: r.command, executable: true},
		"THIRD-PARTY-LICENSES": {text: licenses},
		"cdk.json":             {text: app}, "package.json": {text: packages}, "package-lock.json": {text: lock},
		".npmrc": {text: string(npmrc) + "ignore-scripts=true\n"},
	}
	functions, err := r.glob(true, "build/functions/*/bootstrap")
	if err != nil {
		return nil, err
	}
	copied, err := r.glob(false, documents...)
	maps.Copy(files, functions)
	maps.Copy(files, copied)
	return files, err
}

// glob finds files of the project. Each pattern must match some.
func (r release) glob(executable bool, patterns ...string) (map[string]file, error) {
	files := map[string]file{}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(r.root, pattern))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("there is no %s", pattern)
		}
		for _, path := range found {
			name, err := filepath.Rel(r.root, path)
			if err != nil {
				return nil, err
			}
			files[filepath.ToSlash(name)] = file{from: path, executable: executable}
		}
	}
	return files, nil
}

// configuration is cdk.json without what builds the app, and what npm needs to install the CDK CLI alone.
func (r release) configuration() (app, packages, lock string, err error) {
	read := func(name string) (object map[string]any) {
		var text []byte
		if err == nil {
			text, err = os.ReadFile(filepath.Join(r.root, name))
		}
		if err == nil {
			err = json.Unmarshal(text, &object)
		}
		return object
	}
	project, npm, locked := read("cdk.json"), read("infra/package.json"), read("infra/package-lock.json")
	if err != nil {
		return "", "", "", err
	}
	delete(project, "build")
	delete(project, "watch")
	for _, object := range []map[string]any{npm, locked} {
		object["name"], object["version"] = "sd-task-tracker", r.version
	}
	delete(npm, "devDependencies")
	npm["description"] = "The pinned CDK CLI."
	installed, _ := locked["packages"].(map[string]any)
	maps.DeleteFunc(installed, func(_ string, entry any) bool {
		fields, _ := entry.(map[string]any)
		return fields["dev"] == true
	})
	if root, ok := installed[""].(map[string]any); ok {
		root["name"], root["version"] = npm["name"], npm["version"]
		delete(root, "devDependencies")
	}
	return encode(project), encode(npm), encode(locked), nil
}

func encode(object map[string]any) string {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(object) // which was JSON
	return text.String()
}
