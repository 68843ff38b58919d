package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"sdtasktracker/infra/operator/command"
)

// shortOptions are all options of one letter.
var shortOptions = []string{"-h", "-c"}

// checkHyphens refuses an id, or another value, that the parser would take for an option because it begins with a
// hyphen. The error says how to write it.
func checkHyphens(model *kong.Application, typed command.Line) error {
	args := typed.Args
	options := beforeHyphens(args)
	node := selected(model, options)
	var odd, kept []string
	for i, arg := range options {
		switch {
		case !looksLikeOption(arg) || isOption(model, node, arg):
			kept = append(kept, arg)
		case i > 0 && takesValue(model, node, options[i-1]):
			return command.Usagef("%s looks like an option; if it is the value of %s, write: %[2]s=%[1]s", arg, options[i-1])
		default:
			odd = append(odd, arg)
		}
	}
	if len(odd) == 0 || node == nil || !slices.Contains(takingIDs, node.Name) {
		return nil
	}
	ids := append(odd, args[min(len(args), len(options)+1):]...)
	return command.Usagef("%s looks like an option; if it is a task's id, write: %v", odd[0],
		command.Line{Program: typed.Program, Args: slices.Concat(kept, []string{"--"}, ids)})
}

// takingIDs are the subcommands whose arguments are ids.
var takingIDs = []string{"get", "watch"}

func looksLikeOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// isOption reports whether an argument is an option of the command or the subcommand, perhaps with its value.
func isOption(model *kong.Application, node *kong.Node, arg string) bool {
	name, _, _ := strings.Cut(arg, "=")
	name, long := strings.CutPrefix(name, "--")
	return !long && slices.Contains(shortOptions, arg) || long && (name == "help" || find(model, node, name) != nil)
}

// beforeHyphens are the arguments before --, which ends the options.
func beforeHyphens(args []string) []string {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i]
	}
	return args
}

// selected is the subcommand that the arguments name; nil if they name none.
func selected(model *kong.Application, args []string) *kong.Node {
	for _, arg := range args {
		for _, child := range model.Children {
			if child.Name == arg {
				return child
			}
		}
	}
	return nil
}

// find finds an option of the command or of the subcommand.
func find(model *kong.Application, node *kong.Node, name string) *kong.Flag {
	flags := slices.Clone(model.Flags)
	if node != nil {
		flags = append(flags, node.Flags...)
	}
	i := slices.IndexFunc(flags, func(f *kong.Flag) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return flags[i]
}

// takesValue reports whether an argument is an option whose value is the next argument.
func takesValue(model *kong.Application, node *kong.Node, arg string) bool {
	name, long := strings.CutPrefix(arg, "--")
	f := find(model, node, name)
	return long && f != nil && !f.IsBool()
}
