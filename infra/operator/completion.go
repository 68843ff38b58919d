package main

import kongcompletion "github.com/jotaen/kong-completion"

// completion is the subcommand that tells a shell how to complete words.
type completion struct {
	kongcompletion.Completion `embed:"" completion-shell-default:"true"`
}

// Help is the rest of the help text.
func (*completion) Help() string {
	return `It completes subcommands, options and their values, for bash, zsh and fish, of an sdtasks that is in your PATH.
Example, for bash:

    sdtasks completion -c bash >> ~/.bashrc`
}
