package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// release is what goes into an archive.
type release struct {
	version, platform string
	root              string // the project's directory
	programs          string // the folder with the programs for the platform
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
	app, err := r.app()
	if err != nil {
		return nil, err
	}
	npmrc, err := os.ReadFile(filepath.Join(r.root, "infra/.npmrc"))
	if err != nil {
		return nil, err
	}
	files := map[string]file{
		"build/bin/cdk": {from: filepath.Join(r.programs, "cdk"), executable: true},
		"sdtasks":       {from: filepath.Join(r.programs, "operator"), executable: true},
		"cdk.json":      {text: app}, "THIRD-PARTY-LICENSES": {text: licenses},
		"package.json":      {from: filepath.Join(r.root, "infra/package.json")},
		"package-lock.json": {from: filepath.Join(r.root, "infra/package-lock.json")},
		// npm ci installs the CDK CLI alone, without the servers of the local stack.
		".npmrc": {text: string(npmrc) + "omit=dev\nignore-scripts=true\n"},
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

// app is cdk.json without what builds the app.
func (r release) app() (string, error) {
	content, err := os.ReadFile(filepath.Join(r.root, "cdk.json"))
	if err != nil {
		return "", err
	}
	var project map[string]any
	if err := json.Unmarshal(content, &project); err != nil {
		return "", fmt.Errorf("read cdk.json: %w", err)
	}
	delete(project, "build")
	delete(project, "watch")
	text, err := json.MarshalIndent(project, "", "  ")
	return string(text) + "\n", err
}
