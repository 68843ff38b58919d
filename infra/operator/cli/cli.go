// Package cli parses the command line of sdtasks, and runs the subcommand that it names.
package cli

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"

	"sdtasktracker/infra/operator/command"
	"sdtasktracker/infra/operator/deployment"
	"sdtasktracker/infra/operator/output"
	names "sdtasktracker/shared/deployment"
)

const description = `Answers questions about the tasks of a deployed stack, and redrives its dead letters.

Exit codes: 0 if all is well, 1 if the command failed, 2 if the command line is wrong, 3 if the command worked but a
watched task, a check, a dead letter or a repair failed, 130 if you interrupted it.`

// Surroundings is what the command gets besides its arguments.
type Surroundings struct {
	Terminal command.Terminal
	Clock    command.Clock
	// Program is what a person types to start the command; "" for its name.
	Program string
	// Variables are the environment variables, as NAME=VALUE.
	Variables []string
}

// options are the options that every subcommand has.
type options struct {
	Stack     deployment.Options `embed:""`
	Output    output.Format      `enum:"table,json,csv" default:"table" help:"table, json or csv."`
	Wide      bool               `help:"Show all columns and full times, even in a narrow terminal."`
	LocalTime bool               `help:"Show times in this machine's time zone (TZ), not in UTC."`
	Verbose   bool               `help:"With an error, also print the AWS SDK's own text."`
}

// commandLine is what kong parses.
type commandLine[Subcommands any] struct {
	Options     options     `embed:"" group:"Options of every subcommand:"`
	Subcommands Subcommands `embed:""`
}

// variables replace ${NAME} in the tags of options.
var variables = kong.Vars{
	"defaultStack": names.DefaultStackName,
	"statuses":     "queued,running,completed,failed",
	"limit":        "At most this many tasks; 0 for all",
	"moments":      command.MomentFormats,
	"ofCaller":     "Only tasks of this caller; needs the setting callerContext",
	"updatedSince": "Only tasks updated since this time: " + command.MomentFormats,
}

// Main runs the subcommand that the arguments name, and returns an exit code of package command. Each field of
// Subcommands is a subcommand. Its method Run may take a context, a [*output.Printer], a [*deployment.Finder], a
// [command.Clock] and a [command.Line].
func Main[Subcommands any](ctx context.Context, s Surroundings, args []string) (code int) {
	p := output.NewPrinter(s.Terminal, s.Clock.Now)
	err, writing := run[Subcommands](ctx, s, p, args), p.Err()
	if errors.Is(writing, syscall.EPIPE) { // the reader of the results, such as head, has seen enough
		writing = nil
		code = exitBrokenPipe
	}
	var exit command.ExitError
	switch {
	case err == nil && writing == nil:
		return code
	case writing == nil && errors.As(err, &exit):
		code = exit.Code
	default:
		code = command.ExitFailed
	}
	p.Progressf("%s: %v\n", command.Name, errors.Join(err, writing))
	return code
}

// exitBrokenPipe is a shell's exit code for a program that SIGPIPE ended.
const exitBrokenPipe = 128 + int(syscall.SIGPIPE)

func run[Subcommands any](ctx context.Context, s Surroundings, p *output.Printer, args []string) error {
	var line commandLine[Subcommands]
	helped := false
	typed := command.Line{Program: s.Program, Args: args}
	parser, err := kong.New(&line, kong.Name(command.Name), kong.Description(description), variables,
		kong.Writers(helpWriter{p, typed}, s.Terminal.Progress),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.Exit(func(int) { helped = true }), kong.KindMapper(reflect.String, kong.MapperFunc(readText)))
	if err != nil {
		return err
	}
	kongcompletion.Register(parser) // answers the shell, and exits, if the shell asks
	if helped {
		return nil
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if odd := clustered(args); odd != "" {
		return usageError(typed, fmt.Errorf("unknown option %s: put an id that begins with a hyphen last, after --; as an "+
			"option's value, write it after =", odd))
	}
	chosen, err := parser.Parse(args)
	switch {
	case helped:
		return nil
	case err != nil:
		return usageError(typed, err)
	}
	p.Format, p.Wide, p.LocalTime = line.Options.Output, line.Options.Wide, line.Options.LocalTime
	finder := &deployment.Finder{
		Options: line.Options.Stack, Variables: s.Variables, Line: typed, Verbose: line.Options.Verbose, Sayf: p.Progressf,
	}
	defer p.Reassure()()
	chosen.BindTo(ctx, (*context.Context)(nil))
	name := chosen.Selected().Name
	err = finder.Explain(name, chosen.Run(p, finder, s.Clock, typed))
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return command.Interrupted(err, typed, slices.Contains(reading, name))
	}
	return err
}

// reading lists the subcommands that change nothing.
var reading = []string{"list", "stuck", "failures", "get", "stats", "watch"}

// clustered returns the first argument such as -hello, which the parser would read as -h and more; "" if none is.
func clustered(args []string) string {
	for _, arg := range args {
		if arg == "--" {
			break
		}
		if len(arg) > 2 && arg[0] == '-' && arg[1] != '-' {
			return arg
		}
	}
	return ""
}

// readText reads the text of an option or an argument. It refuses an empty text, which a shell passes for "$ID" if ID
// is not set: redrive --task-id "" would match every dead letter.
func readText(c *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := c.Scan.PopValueInto("string", &text); err != nil {
		return err
	}
	if text == "" && (!c.Value.HasDefault || c.Value.Default != "") {
		return errors.New("must not be empty")
	}
	target.SetString(text)
	return nil
}

// helpWriter writes help texts. It rewrites their examples, so that they can be pasted into this shell.
type helpWriter struct {
	to    *output.Printer
	typed command.Line
}

// Write implements [io.Writer].
func (w helpWriter) Write(text []byte) (int, error) {
	w.to.Printf("%s", w.typed.Examples(string(text))) // the printer keeps its error
	return len(text), nil
}

// usageError adds to an error of the parser where to find help.
func usageError(typed command.Line, err error) error {
	help := command.Line{Program: typed.Program, Args: []string{"--help"}}
	hint := ""
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context.Selected() != nil {
		chosen := parse.Context.Selected()
		help.Args = []string{chosen.Name, "--help"}
		if len(chosen.Positional) > 0 && strings.HasPrefix(err.Error(), "unknown flag") {
			hint = "put an id that begins with a hyphen last, after --; "
		}
	}
	return command.Usagef("%w (%ssee %v)", err, hint, help)
}
