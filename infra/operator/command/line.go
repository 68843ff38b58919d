package command

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// Name is the command's name.
const Name = "sdtasks"

// Line is a command line that works as it is printed: the one that runs, or what to run next.
type Line struct {
	// Program is how a shell here starts the command; "" stands for Name.
	Program string
	Args    []string
}

// made is how make starts the command, and makeTasks how a person does.
const (
	made      = "build/bin/" + Name
	makeTasks = "make tasks"
)

// Program returns how a person starts the command again, given how it was started.
func Program(arg0 string) string {
	if arg0 == made && os.Getenv("MAKELEVEL") != "" {
		return makeTasks
	}
	return arg0
}

// String is the line as a person types it into a shell.
func (l Line) String() string {
	var words []string
	for _, arg := range l.Args {
		words = append(words, quote(arg))
	}
	return l.typed(strings.Join(words, " "))
}

// typed is the line with these arguments, as a person types them.
func (l Line) typed(args string) string {
	switch l.Program {
	case "":
		return Name + " " + args
	case makeTasks:
		return makeTasks + " ARGS=" + force(strings.ReplaceAll(args, "$", "$$"))
	}
	return quote(l.Program) + " " + args
}

// example is a line of a help text that begins with the command's name.
var example = regexp.MustCompile(`(?m)^    ` + Name + ` (.*)$`)

// Examples makes the examples in a help text work where the command runs.
func (l Line) Examples(help string) string {
	return example.ReplaceAllStringFunc(help, func(found string) string {
		return "    " + l.typed(example.FindStringSubmatch(found)[1])
	})
}

// With is the line with another value of an option such as --max, or with an option that takes no value.
func (l Line) With(option string, value ...string) Line {
	kept := l.without(option, len(value) > 0)
	return Line{l.Program, slices.Concat(kept, []string{option}, value)}
}

func (l Line) without(option string, valued bool) (kept []string) {
	for i := 0; i < len(l.Args); i++ {
		switch {
		case l.Args[i] == option:
			if valued {
				i++ // the next argument is the value
			}
		case !strings.HasPrefix(l.Args[i], option+"="):
			kept = append(kept, l.Args[i])
		}
	}
	return kept
}

// placing are the options that choose a stack.
var placing = []string{"--stack-name", "--region", "--profile"}

// For is another subcommand for the same stack.
func (l Line) For(args ...string) Line {
	for i, arg := range l.Args {
		name, _, joined := strings.Cut(arg, "=")
		switch {
		case !slices.Contains(placing, name):
		case joined:
			args = append(args, arg)
		case i+1 < len(l.Args):
			args = append(args, arg, l.Args[i+1])
		}
	}
	return Line{l.Program, args}
}

// plain are the arguments that a shell takes as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

func quote(arg string) string {
	if plain.MatchString(arg) {
		return arg
	}
	return force(arg)
}

func force(arg string) string { return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'" }
