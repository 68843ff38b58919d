// Package environment declares the environment variables of every function in
// one struct per function. The CDK app encodes the struct and the function decodes
// it, so neither repeats a variable's name.
//
// A field's JSON name is the variable's name. A field without omitempty is required.
package environment

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// List is a list of texts without commas. Its variable has them joined by commas.
type List []string

// MarshalText implements [encoding.TextMarshaler].
func (l List) MarshalText() ([]byte, error) { return []byte(strings.Join(l, ",")), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *List) UnmarshalText(text []byte) error {
	*l = strings.Split(string(text), ",")
	return nil
}

// Names maps names to texts without commas. Its variable has them as NAME=TEXT, joined
// by commas.
type Names[Name ~string] map[Name]string

// MarshalText implements [encoding.TextMarshaler].
func (n Names[Name]) MarshalText() ([]byte, error) {
	var entries List
	for _, name := range slices.Sorted(maps.Keys(n)) {
		entries = append(entries, string(name)+"="+n[name])
	}
	return entries.MarshalText()
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *Names[Name]) UnmarshalText(text []byte) error {
	*n = Names[Name]{}
	for entry := range strings.SplitSeq(string(text), ",") {
		name, value, ok := strings.Cut(entry, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=TEXT", entry)
		}
		(*n)[Name(name)] = value
	}
	return nil
}

// Encode returns the variables of a struct of this package, by name. It omits empty
// optional variables.
func Encode(settings any) map[string]string {
	var variables map[string]string
	encoded, err := json.Marshal(settings)
	if err == nil {
		err = json.Unmarshal(encoded, &variables)
	}
	if err != nil { // it is not a struct of this package
		panic(err)
	}
	return variables
}

// Decode parses variables of the form NAME=VALUE into a struct of this package. An
// empty variable counts as missing. The error names every missing or invalid variable.
func Decode[Settings any](variables []string) (Settings, error) {
	var settings Settings
	var problems []string
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if value == "" {
			continue
		}
		encoded, err := json.Marshal(map[string]string{name: value})
		if err == nil {
			err = json.Unmarshal(encoded, &settings)
		}
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s can't be %q", name, value))
		}
	}
	required := Encode(settings)
	for _, name := range slices.Sorted(maps.Keys(required)) {
		if required[name] == "" {
			problems = append(problems, name+" is missing")
		}
	}
	if len(problems) > 0 {
		return settings, fmt.Errorf("these environment variables need fixing (the CDK stack sets them): %s",
			strings.Join(problems, ", "))
	}
	return settings, nil
}
