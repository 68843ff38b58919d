package command

import (
	"os"
	"strings"
)

// CDK returns how a person runs a command of the CDK CLI in the working directory: with make in the project's source,
// and with npx in an unpacked release.
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
