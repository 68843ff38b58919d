package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// contextReader reads settings from the CDK context and collects what is wrong
// with them.
type contextReader struct {
	context  map[string]any
	names    []string // of the settings read so far
	problems []string
}

// value is the setting as it was given; nil and "" are not given.
func (r *contextReader) value(name string) any {
	if !slices.Contains(r.names, name) {
		r.names = append(r.names, name)
	}
	if r.context[name] == "" {
		return nil
	}
	return r.context[name]
}

// given are all settings that were given, by name.
func (r *contextReader) given() map[string]any {
	given := map[string]any{}
	for _, name := range r.names {
		if value := r.value(name); value != nil {
			given[name] = value
		}
	}
	return given
}

func (r *contextReader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *contextReader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.Sort(r.problems)
	return errors.New("these settings need fixing:\n\n  " + strings.Join(r.problems, "\n\n  ") + "\n\n" + settingsHelp)
}

func (r *contextReader) text(name, fallback string) string {
	switch value := r.value(name).(type) {
	case nil:
		return fallback
	case string:
		return value
	default:
		r.problem("%s must be a string, but is %v", name, value)
		return fallback
	}
}

func (r *contextReader) required(name, help string) string {
	value := r.text(name, "")
	if value == "" {
		r.problem("%s is missing: %s", name, help)
	}
	return value
}

// days takes a number of days; 0 if it is not given.
func (r *contextReader) days(name string) int { return r.whole(name, 0, maxRetentionDays) }

// whole takes a number from 1 to a maximum, as -c NAME=30 or as a number in cdk.context.json.
func (r *contextReader) whole(name string, fallback, maximum int) int {
	value := r.value(name)
	if value == nil {
		return fallback
	}
	digits := fmt.Sprint(value)
	if number, ok := value.(float64); ok {
		digits = strconv.FormatFloat(number, 'f', -1, 64) // Sprint writes a million as 1e+06
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > maximum {
		r.problem("%s must be a whole number from 1 to %d, but is %s", name, maximum, digits)
	}
	return n
}

// interval takes whole hours or days, such as 12h or 1d.
func (r *contextReader) interval(name string) time.Duration {
	value := r.text(name, "")
	if value == "" {
		return 0
	}
	unit := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour}[value[len(value)-1:]]
	n, err := strconv.Atoi(value[:len(value)-1])
	interval := time.Duration(n) * unit
	if err != nil || unit == 0 || n < 1 || n > 31*24 || interval > 31*24*time.Hour {
		r.problem("%s must be whole hours or days from 1h to 31d, such as 1d, but is %q", name, value)
		return 0
	}
	return interval
}

// flag takes true or false, as -c NAME=true or as a boolean in cdk.context.json.
func (r *contextReader) flag(name string, fallback bool) bool {
	switch value := r.value(name); value {
	case nil:
		return fallback
	case false, "false":
		return false
	case true, "true":
		return true
	default:
		r.problem("%s must be true or false, but is %v", name, value)
		return false
	}
}

// refuseUnknown refuses what looks like a misspelt setting, once all settings have been
// read, and says where it stands. All else is other people's: ~/.cdk.json has context for
// every app of a user. What was meant for this app alone it mentions.
func (r *contextReader) refuseUnknown() {
	for _, key := range slices.Sorted(maps.Keys(r.context)) {
		if slices.Contains(r.names, key) || isCDKs(key) {
			continue
		}
		place := placeOf(key)
		if name := r.nearest(key); name != "" {
			r.problem("there is no setting %s, which stands in %s: did you mean %s?", key, place, name)
		} else if place != userFile {
			fmt.Fprintf(os.Stderr, "%s, which stands in %s, is no setting of this app, and has no effect.\n", key, place)
		}
	}
}

// nearest is the setting whose name is most like the key, "" if none is: at most a quarter
// of its letters differ.
func (r *contextReader) nearest(key string) (nearest string) {
	plain := func(name string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
	}
	least := len(key)
	for _, name := range r.names {
		distance := editDistance(plain(key), plain(name))
		if distance <= len(name)/4 && distance < least {
			least, nearest = distance, name
		}
	}
	return nearest
}

// editDistance is how many bytes must be inserted, deleted or replaced to turn
// one text into the other (Levenshtein's distance).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

const settingsHelp = `Settings are kept in cdk.context.json, or passed as -c NAME=VALUE. To find those of the guidance,
run make init (./sdtasks init in an unpacked release); those of a deployed stack, with the option --from-stack.`
