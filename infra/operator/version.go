package main

import (
	"fmt"
	"runtime"

	"sdtasktracker/shared/version"
)

// versionCommand is the subcommand that prints the version.
type versionCommand struct{}

// Help is the rest of the help text.
func (versionCommand) Help() string {
	return `The stack's own is its output Version. Example:

    sdtasks version`
}

// Run runs the subcommand.
func (versionCommand) Run(s *session) error {
	_, err := fmt.Fprintln(s.out, "sdtasks", version.Version, runtime.Version())
	return err
}
