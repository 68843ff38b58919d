package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"sdtasktracker/shared/deployment"
)

// The files that the CDK CLI reads context from, besides -c ("Context values and the AWS
// CDK" in the AWS CDK Developer Guide).
const (
	projectFile = "cdk.json"
	contextFile = deployment.ContextFile
	userFile    = "~/.cdk.json"
)

// Where the CDK CLI leaves the context for the app: JSON, and the name of a file with what
// the environment has no room for.
const (
	contextVariable  = "CDK_CONTEXT_JSON"
	overflowVariable = "CONTEXT_OVERFLOW_LOCATION_ENV"
)

// boundaryKey is the permissions boundary of all roles ("Create and apply permissions
// boundaries for the AWS CDK" in the AWS CDK Developer Guide).
const boundaryKey = "@aws-cdk/core:permissionsBoundary"

// otherCDKKeys are the CDK CLI's own context keys without a colon, a slash or an @.
var otherCDKKeys = []string{"acknowledged-issue-numbers", "cdk-migrate", "cli-telemetry"}

// cliKeys are keys that the CDK CLI sets itself, by its command.
var cliKeys = []string{"@aws-cdk/core:failSynthOnValidationErrors", "@aws-cdk/core:validationReportJson"}

// isCDKs reports whether a context key is CDK's own, or of a library for it.
func isCDKs(key string) bool {
	return strings.ContainsAny(key, ":/@") || slices.Contains(otherCDKKeys, key)
}

// cliContext is the context that the CLI hands over; none if it does not run the app.
func cliContext() (map[string]any, error) {
	context := map[string]any{}
	if text := os.Getenv(contextVariable); text != "" {
		if err := json.Unmarshal([]byte(text), &context); err != nil {
			return nil, fmt.Errorf("read the context in %s: %w", contextVariable, err)
		}
	}
	if file := os.Getenv(overflowVariable); file != "" {
		more, err := readContext(file)
		if err != nil {
			return nil, err
		}
		maps.Copy(context, more)
	}
	return context, nil
}

// typed returns values of CDK's own keys that are text in the context, and are something else
// in a file. With -c, all values are text, in which CDK takes "false" for true, and finds no
// permissions boundary.
func typed(context map[string]any) (map[string]any, error) {
	all := map[string]any{}
	for key, value := range context {
		text, ok := value.(string)
		if !ok || !strings.HasPrefix(key, "@aws-cdk/") {
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			continue
		}
		switch value.(type) { // a number may be a name
		case bool, []any, map[string]any:
			all[key] = value
		}
	}
	boundary, given := context[boundaryKey]
	if value, ok := all[boundaryKey]; ok {
		boundary = value
	}
	if given && !isBoundary(boundary) {
		return nil, fmt.Errorf(`%[1]s must be {"name": "POLICY"} or {"arn": "ARN"}, but is %[2]v; `+
			`in a shell: -c '%[1]s={"name":"POLICY"}'`, boundaryKey, boundary)
	}
	return all, nil
}

// isBoundary reports whether CDK finds a permissions boundary in a value.
func isBoundary(value any) bool {
	fields, _ := value.(map[string]any)
	for _, field := range []string{"name", "arn"} {
		if text, ok := fields[field].(string); ok && text != "" {
			return true
		}
	}
	return false
}

// withCDKs adds to the settings that were given, as JSON, CDK's own context that differs from
// cdk.json: a cdk.context.json made of them must not lose it. What the CLI looks up, or sets
// itself each time, is left out.
func withCDKs(given string, context map[string]any) (string, error) {
	project, err := readContext(projectFile, "context")
	if err != nil {
		return "", err
	}
	all := map[string]any{}
	if err := json.Unmarshal([]byte(given), &all); err != nil {
		return "", err
	}
	for key, value := range context {
		kept := strings.HasPrefix(key, "@aws-cdk/") && !slices.Contains(cliKeys, key) || slices.Contains(otherCDKKeys, key)
		if kept && !reflect.DeepEqual(value, project[key]) {
			all[key] = value
		}
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// placeOf says where a key of the context stands.
func placeOf(key string) string {
	if context, err := readContext(contextFile); err == nil && context[key] != nil {
		return contextFile
	}
	if context, err := readContext(projectFile, "context"); err == nil && context[key] != nil {
		return projectFile
	}
	if context, err := readContext(userFile, "context"); err == nil && context[key] != nil {
		return userFile
	}
	return "-c"
}

// readContext reads the context in a file, or in an object of it; none if there is no file.
func readContext(name string, path ...string) (map[string]any, error) {
	if below, ok := strings.CutPrefix(name, "~"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, err
		}
		name = filepath.Join(home, below)
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var context map[string]any
	if err := json.Unmarshal(data, &context); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	for _, field := range path {
		context, _ = context[field].(map[string]any)
	}
	return context, nil
}
