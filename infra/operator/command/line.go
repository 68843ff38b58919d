package command

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// Name is the command's name.
const Name = "sdtasks"

// Line is a command line that a person can paste into a shell: the running command, or a command to run next.
type Line struct {
	// Program is what a person types to start the command; "" for Name.
	Program string
	Args    []string
}

// made is the path by which make starts the command, and makeTasks is what a person types instead.
const (
	made      = "build/bin/" + Name
	makeTasks = "make tasks"
)

// Program returns what a person types to start the command again, given the process's arg0.
func Program(arg0 string) string {
	if arg0 == made && os.Getenv("MAKELEVEL") != "" {
		return makeTasks
	}
	return arg0
}

// String returns the line, quoted for a shell.
func (l Line) String() string {
	var words []string
	for _, arg := range l.Args {
		words = append(words, quote(arg))
	}
	return l.typed(strings.Join(words, " "))
}

// typed returns the line with these arguments, which are quoted already.
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

// Examples rewrites the examples in a help text so that they start the command as this line does.
func (l Line) Examples(help string) string {
	return example.ReplaceAllStringFunc(help, func(found string) string {
		return "    " + l.typed(example.FindStringSubmatch(found)[1])
	})
}

// With returns the line with another value of an option such as --max, or with an option that takes no value.
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

// placing lists the options that choose a stack.
var placing = []string{"--stack-name", "--region", "--profile"}

// For returns the line of another subcommand for the same stack.
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

// plain matches arguments that need no quotes in a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

func quote(arg string) string {
	if plain.MatchString(arg) {
		return arg
	}
	return force(arg)
}

func force(arg string) string { return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'" }
