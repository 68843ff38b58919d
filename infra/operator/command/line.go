package command

import (
	"regexp"
	"strings"
)

// Name is the command's name.
const Name = "sdtasks"

// Line has the arguments of the command, so that errors can say what to run next.
type Line []string

// String is the line as a person types it into a shell.
func (l Line) String() string {
	words := []string{Name}
	for _, arg := range l {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

// With is the line with another value of an option such as --max, or with an option that takes no value.
func (l Line) With(option string, value ...string) Line {
	var kept Line
	for i := 0; i < len(l); i++ {
		switch {
		case l[i] == option:
			i += len(value) // the next argument is the old value
		case !strings.HasPrefix(l[i], option+"="):
			kept = append(kept, l[i])
		}
	}
	return append(append(kept, option), value...)
}

// plain are the arguments that a shell takes as they are.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

func quote(arg string) string {
	if plain.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
