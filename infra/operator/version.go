package main

import (
	"fmt"
	"runtime/debug"
)

// version is the subcommand that prints the version.
type version struct{}

// Help is the rest of the help text.
func (version) Help() string {
	return `Example:

    sdtasks version`
}

// Run runs the subcommand.
func (version) Run(s *session) error {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		build = &debug.BuildInfo{}
	}
	_, err := fmt.Fprintln(s.out, "sdtasks", build.Main.Version, build.GoVersion)
	return err
}
