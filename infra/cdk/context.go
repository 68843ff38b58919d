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
	given    map[string]any // settings that were given, by name
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

// refuse adds a problem if something is wrong.
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

// text reads a text, which must match a form.
func (r *contextReader) text(name, fallback string, f form) string {
	value := r.value(name)
	if value == nil {
		return fallback
	}
	text, ok := value.(string)
	r.refuse(!ok || !f.pattern.MatchString(text), "%s must be %s, but is %s", name, f.name, asJSON(value))
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
	digits := asJSON(value)
	n, err := strconv.Atoi(strings.Trim(digits, `"`))
	r.refuse(err != nil || n < 1 || n > maximum,
		"%s must be a whole number from 1 to %d, but is %s", name, maximum, digits)
	return n
}

// asJSON returns a value as its file has it. Sprint would write a million as 1e+06.
func asJSON(value any) string {
	text, _ := json.Marshal(value) // it was decoded from JSON
	return string(text)
}

// hours reads an interval such as 6h or 1d in hours; 0 if none is given.
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
	r.refuse(value != false && value != "false", "%s must be true or false, but is %s", name, asJSON(value))
	return false
}

// refuseUnknown refuses context keys that are not settings, after all settings have been read. In ~/.cdk.json, which
// has context for all of a user's apps, it refuses only keys that look like a misspelt setting.
func (r *contextReader) refuseUnknown() {
	var unknown []string
	slices.Sort(r.names)
	for _, key := range slices.Sorted(maps.Keys(r.context)) {
		if slices.Contains(r.names, key) || isCDKs(key) {
			continue
		}
		name, place := r.nearest(key), placeOf(key)
		r.refuse(name != "", "%s in %s is not a setting: did you mean %s?", key, place, name)
		if name == "" && place != userFile {
			unknown = append(unknown, key+" in "+place)
		}
	}
	r.refuse(len(unknown) > 0, "not a setting: %s. The settings are %s",
		strings.Join(unknown, ", "), strings.Join(r.names, ", "))
}

// nearest returns the setting whose name is most similar to a key; "" if every name differs by more than a quarter of
// its letters.
func (r *contextReader) nearest(key string) string {
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	}
	for edits := range len(key) {
		for _, name := range r.names {
			if edits <= len(name)/4 && isNear(plain(key), plain(name), edits) {
				return name
			}
		}
	}
	return ""
}

// isNear reports whether at most edits insertions, deletions or replacements of a letter turn one text into the other.
func isNear(a, b string, edits int) bool {
	switch {
	case edits < 0:
		return false
	case a == "" || b == "":
		return len(a)+len(b) <= edits
	case a[0] == b[0]:
		return isNear(a[1:], b[1:], edits)
	}
	return isNear(a[1:], b, edits-1) || isNear(a, b[1:], edits-1) || isNear(a[1:], b[1:], edits-1)
}

const settingsHelp = `Settings are kept in cdk.context.json, or passed as -c NAME=VALUE. To write the guidance's
settings to that file, run make init (./sdtasks init in an unpacked release). With --from-stack, it writes those of a
deployed stack.`
