package command

import (
	"os"
	"strings"
)

// CDK returns the command line that runs a command of the CDK CLI in the working directory: make in the project's
// source, npx in an unpacked release.
func CDK(name, args string) string {
	_, err := os.Stat("Makefile")
	switch args = strings.TrimSpace(args); {
	case err != nil:
		return strings.TrimSpace("npx cdk " + name + " " + args)
	case args == "":
		return "make " + name
	}
	return "make " + name + " ARGS=" + force(args)
}
