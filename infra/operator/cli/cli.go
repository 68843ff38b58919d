// Package cli parses the command line of sdtasks, and runs the subcommand that it names.
package cli

import (
	"context"
	"errors"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
)

// name is the command's.
const name = "sdtasks"

// Surroundings are everything that the command gets besides its arguments.
type Surroundings struct {
	Terminal command.Terminal
	Clock    command.Clock
	// Variables are the environment's, as NAME=VALUE.
	Variables []string
}

// options are the options of every subcommand.
type options struct {
	Stack  deployment.Options `embed:""`
	Output output.Format      `enum:"table,json,csv" default:"table" help:"table, json or csv."`
}

// commandLine is what kong parses.
type commandLine[Subcommands any] struct {
	Options     options     `embed:"" group:"Options of every subcommand:"`
	Subcommands Subcommands `embed:""`
}

// variables stand for ${NAME} in the tags of options.
var variables = kong.Vars{
	"defaultStack": names.DefaultStackName,
	"statuses":     "running,completed,failed",
	"moments":      command.MomentFormats,
	"updatedSince": "Only tasks updated since then: " + command.MomentFormats,
}

// Main runs the subcommand that the arguments name, and returns the exit code: 2 if the command line is
// wrong, and 1 if something failed. Each field of Subcommands is a subcommand, whose Run may take a context, a
// [*output.Printer], a [*deployment.Finder] and a [command.Clock].
func Main[Subcommands any](ctx context.Context, s Surroundings, args []string) (code int) {
	p := output.NewPrinter(s.Terminal)
	err := run[Subcommands](ctx, s, p, args)
	if writing := p.Err(); errors.Is(err, errors.Unwrap(writing)) { // kong's, of writing its help, or none
		err = writing
	} else {
		err = errors.Join(err, writing)
	}
	if err == nil {
		return 0
	}
	p.Progressf("%s: %v\n", name, err)
	if errors.As(err, new(command.UsageError)) {
		return 2
	}
	return 1
}

func run[Subcommands any](ctx context.Context, s Surroundings, p *output.Printer, args []string) error {
	var line commandLine[Subcommands]
	helped := false
	parser, err := kong.New(&line, kong.Name(name), kong.Writers(p, s.Terminal.Progress), variables,
		kong.Description("Answers questions about the tasks of a deployed stack, and redrives its dead letters."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.Exit(func(int) { helped = true }))
	if err != nil {
		return err
	}
	kongcompletion.Register(parser) // answers the shell, and exits, if the shell asks
	chosen, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return command.Usagef("%w: see %s --help", err, fullName(err))
	}
	p.Format = line.Options.Output
	finder := &deployment.Finder{Options: line.Options.Stack, Variables: s.Variables}
	chosen.BindTo(ctx, (*context.Context)(nil))
	return finder.Explain(chosen.Run(p, finder, s.Clock))
}

// fullName is the name of the subcommand that an error of the parser is about.
func fullName(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		return name + " " + parse.Context.Selected().Name
	}
	return name
}
