package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// release is the inputs of an archive.
type release struct {
	version, platform string
	root              string // the project's directory
	programs          string // the folder with the programs for the platform
	functions         string // the folder with the compiled functions
	level             int    // the compression level
}

// name returns the name of the folder that the archive unpacks to.
func (r release) name() string { return "sd-task-tracker-" + r.version }

// documents are copied with their paths, so that the links between them work.
var documents = []string{"LICENSE", "README.md", "functions/README.md", "infra/*.md", "infra/*/README.md",
	".github/*.md", ".github/*.png"}

// files returns the archive's files, by name. Programs have the same paths as in the source, which the CDK app and
// cdk.json use.
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
		// npm ci installs only the CDK CLI, without the servers of the local stack.
		".npmrc": {text: string(npmrc) + "omit=dev\nignore-scripts=true\n"},
	}
	err = errors.Join(
		add(files, "build/functions", file{from: r.functions, executable: true}, "*/bootstrap"),
		add(files, "", file{from: r.root}, documents...))
	return files, err
}

// add adds the files of a folder that match the patterns, below another folder. Each pattern must match a file.
func add(files map[string]file, below string, folder file, patterns ...string) error {
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(folder.from, pattern))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("there is no %s in %s", pattern, folder.from)
		}
		for _, from := range found {
			name, err := filepath.Rel(folder.from, from)
			if err != nil {
				return err
			}
			files[path.Join(below, filepath.ToSlash(name))] = file{from: from, executable: folder.executable}
		}
	}
	return nil
}

// app returns cdk.json without the command that builds the app.
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
