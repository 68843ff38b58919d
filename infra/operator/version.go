package main

import (
	"runtime"

	"sdtasktracker/infra/operator/output"
	"sdtasktracker/shared/version"
)

// versionCommand is the subcommand that prints the version.
type versionCommand struct{}

// Help is the rest of the help text.
func (versionCommand) Help() string {
	return `The output Version of a stack has the stack's version. Example:

    sdtasks version`
}

// Run runs the subcommand.
func (versionCommand) Run(p *output.Printer) error {
	p.Printf("sdtasks %s %s\n", version.Version, runtime.Version())
	return nil
}
