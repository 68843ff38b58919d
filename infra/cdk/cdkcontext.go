package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
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

// parseBoundary returns a permissions boundary as CDK takes it; nil if none is given. With -c, all values are text, in
// which CDK would find no boundary.
func parseBoundary(given any) (map[string]any, error) {
	if given == nil {
		return nil, nil
	}
	boundary, _ := given.(map[string]any)
	if text, ok := given.(string); ok {
		_ = json.Unmarshal([]byte(text), &boundary) // else it has no fields
	}
	name, _ := boundary["name"].(string)
	arn, _ := boundary["arn"].(string)
	if name+arn == "" {
		return nil, fmt.Errorf(`%[1]s must be {"name": "POLICY"} or {"arn": "ARN"}, but is %[2]v; `+
			`in a shell: -c '%[1]s={"name":"POLICY"}'`, boundaryKey, given)
	}
	return boundary, nil
}

// addCDKs adds to the settings that were given CDK's own context that differs from
// cdk.json: a cdk.context.json made of them must not lose it. What the CLI looks up, or sets
// itself each time, is left out.
func addCDKs(given, context map[string]any) error {
	project, err := readContext("cdk.json")
	for key, value := range context {
		kept := strings.HasPrefix(key, "@aws-cdk/") && !slices.Contains(cliKeys, key) || slices.Contains(otherCDKKeys, key)
		if kept && !reflect.DeepEqual(value, project[key]) {
			given[key] = value
		}
	}
	return err
}

// usersContext is the context in ~/.cdk.json ("Context values and the AWS CDK" in the AWS CDK Developer Guide).
func usersContext() (map[string]any, error) {
	home, _ := os.UserHomeDir()
	return readContext(filepath.Join(home, ".cdk.json"))
}

// readContext reads the context in one of the CDK CLI's files; none if there is no such file.
func readContext(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var file struct{ Context map[string]any }
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the CDK context in %s: %w", path, err)
	}
	return file.Context, nil
}
