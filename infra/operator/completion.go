package main

import (
	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
)

// completion is the subcommand that prints a script for shell completion.
type completion struct {
	Completion kongcompletion.Completion `embed:"" completion-shell-default:"true"`
}

// Help is the rest of the help text.
func (*completion) Help() string {
	return `The script completes subcommands, options and their values in bash, zsh and fish. It needs sdtasks in your
PATH. Example, for bash:

    sdtasks completion -c bash >> ~/.bashrc`
}

// Run runs the subcommand.
func (c *completion) Run(ctx *kong.Context) error { return c.Completion.Run(ctx) }
