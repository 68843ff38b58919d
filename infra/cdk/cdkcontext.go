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

	"sdtasktracker/shared/deployment"
)

// boundaryKey is the context key of the permissions boundary of all roles ("Create and
// apply permissions boundaries for the AWS CDK" in the AWS CDK Developer Guide).
const boundaryKey = "@aws-cdk/core:permissionsBoundary"

// otherCDKKeys are the CDK CLI's own context keys without a colon, a slash or an @.
var otherCDKKeys = []string{"acknowledged-issue-numbers", "cdk-migrate", "cli-telemetry"}

// cliKeys are the context keys that the CDK CLI sets for each command.
var cliKeys = []string{"@aws-cdk/core:failSynthOnValidationErrors", "@aws-cdk/core:validationReportJson"}

// isCDKs reports whether a context key belongs to CDK or to a CDK library.
func isCDKs(key string) bool {
	return strings.ContainsAny(key, ":/@") || slices.Contains(otherCDKKeys, key)
}

// typed returns a value with the type that it has in a file. With -c, every value is a string: CDK takes "false" for
// true, and ignores a permissions boundary. A number stays a string, because it may be a name.
func typed(value any) any {
	text, _ := value.(string)
	var parsed any
	_ = json.Unmarshal([]byte(text), &parsed) // an error leaves nil: the text is not JSON
	switch parsed.(type) {
	case bool, []any, map[string]any:
		return parsed
	}
	return value
}

// checkBoundary refuses a permissions boundary that CDK would ignore.
func checkBoundary(given any) error {
	boundary, _ := given.(map[string]any)
	name, _ := boundary["name"].(string)
	arn, _ := boundary["arn"].(string)
	if given != nil && name+arn == "" {
		return fmt.Errorf(`%[1]s must be {"name": "POLICY"} or {"arn": "ARN"}, but is %[2]v; `+
			`in a shell: -c '%[1]s={"name":"POLICY"}'`, boundaryKey, given)
	}
	return nil
}

// addCDKs adds CDK's own context keys to the given settings, so that a cdk.context.json made
// from them keeps the keys. It leaves out values that cdk.json has, and keys that the CLI looks up or sets itself.
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

// userFile has context for all of a user's apps.
const userFile = "~/.cdk.json"

// placeOf returns the file that sets a context key, or -c ("Context values and the AWS CDK" in the AWS CDK Developer
// Guide).
func placeOf(key string) string {
	for _, file := range []string{deployment.ContextFile, "cdk.json", userFile} {
		if context, _ := readContext(file); context[key] != nil { // the CDK CLI refuses what is not JSON
			return file
		}
	}
	return "-c"
}

// readContext reads the context in one of the CDK CLI's files. A missing file has none.
func readContext(name string) (map[string]any, error) {
	path := name
	if below, ok := strings.CutPrefix(name, "~"); ok {
		home, _ := os.UserHomeDir()
		path = filepath.Join(home, below)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var file map[string]any
	if err == nil {
		err = json.Unmarshal(text, &file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the CDK context in %s: %w", name, err)
	}
	if name == deployment.ContextFile {
		return file, nil
	}
	context, _ := file["context"].(map[string]any)
	return context, nil
}
