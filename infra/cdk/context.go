package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// contextReader reads settings from the CDK context and collects their problems.
type contextReader struct {
	context  map[string]any
	names    []string       // of the settings read so far
	given    map[string]any // those that were given, by name
	problems []string
}

// value returns a setting as it was given; nil if it is missing or "".
func (r *contextReader) value(name string) any {
	r.names = append(r.names, name)
	value := r.context[name]
	if value == nil || value == "" {
		return nil
	}
	r.given[name] = value
	return value
}

// refuse reports a problem if something is wrong.
func (r *contextReader) refuse(wrong bool, format string, args ...any) {
	if wrong {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

func (r *contextReader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.Sort(r.problems)
	return errors.New("these settings need fixing:\n\n  " + strings.Join(r.problems, "\n\n  ") + "\n\n" + settingsHelp)
}

// text reads a text of a form.
func (r *contextReader) text(name, fallback string, f form) string {
	value := r.value(name)
	if value == nil {
		return fallback
	}
	text, ok := value.(string)
	r.refuse(!ok || !f.pattern.MatchString(text), "%s must be %s, but is %#v", name, f.name, value)
	return text
}

func (r *contextReader) required(name string, f form) string {
	text := r.text(name, "", f)
	r.refuse(r.given[name] == nil, "%s is missing: it must be %s", name, f.name)
	return text
}

// whole reads a number from 1 to a maximum, given as -c NAME=30 or as a number in cdk.context.json.
func (r *contextReader) whole(name string, fallback, maximum int) int {
	value := r.value(name)
	if value == nil {
		return fallback
	}
	digits, _ := json.Marshal(value) // Sprint would write a million as 1e+06
	n, err := strconv.Atoi(strings.Trim(string(digits), `"`))
	r.refuse(err != nil || n < 1 || n > maximum,
		"%s must be a whole number from 1 to %d, but is %s", name, maximum, digits)
	return n
}

// hours reads an interval; it returns 0 if none is given.
func (r *contextReader) hours(name string) int {
	text := r.text(name, "", intervalForm)
	hours, _ := strconv.Atoi(strings.TrimRight(text, "hd"))
	if strings.HasSuffix(text, "d") {
		hours *= 24
	}
	r.refuse(text != "" && (hours < 1 || hours > maxHours), "%s must be %s, but is %q", name, intervalForm.name, text)
	return hours
}

// flag reads true or false, given as -c NAME=true or as a boolean in cdk.context.json.
func (r *contextReader) flag(name string, fallback bool) bool {
	value := r.value(name)
	switch value {
	case nil:
		return fallback
	case true, "true":
		return true
	}
	r.refuse(value != false && value != "false", "%s must be true or false, but is %#v", name, value)
	return false
}

// refuseUnknown refuses what is not a setting, after all settings have been read. It ignores ~/.cdk.json, which has
// context for all of a user's apps.
func (r *contextReader) refuseUnknown() {
	users, err := usersContext()
	r.refuse(err != nil, "%v", err)
	unknown := slices.DeleteFunc(slices.Sorted(maps.Keys(r.context)), func(key string) bool {
		return slices.Contains(r.names, key) || isCDKs(key) || users[key] != nil
	})
	slices.Sort(r.names)
	r.refuse(len(unknown) > 0, "not a setting: %s. The settings are %s",
		strings.Join(unknown, ", "), strings.Join(r.names, ", "))
}

const settingsHelp = `Settings are kept in cdk.context.json, or passed as -c NAME=VALUE. To find those of the guidance,
run make init (./sdtasks init in an unpacked release); those of a deployed stack, with the option --from-stack.`
