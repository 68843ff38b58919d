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

// boundaryKey is the context key of the permissions boundary of all roles ("Create and
// apply permissions boundaries for the AWS CDK" in the AWS CDK Developer Guide).
const boundaryKey = "@aws-cdk/core:permissionsBoundary"

// otherCDKKeys are the CDK CLI's own context keys without a colon, a slash or an @.
var otherCDKKeys = []string{"acknowledged-issue-numbers", "cdk-migrate", "cli-telemetry"}

// cliKeys are the context keys that the CDK CLI sets for each command.
var cliKeys = []string{"@aws-cdk/core:failSynthOnValidationErrors", "@aws-cdk/core:validationReportJson"}

// isCDKs reports whether a context key belongs to CDK or to one of its libraries.
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

// addCDKs adds CDK's own context to the given settings, so that a cdk.context.json made of
// them keeps it. It leaves out what cdk.json has, and what the CLI looks up or sets itself.
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

// readContext reads the context in one of the CDK CLI's files. A missing file has none.
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
