// Package environment declares the environment variables of every function in
// one struct per function. The CDK app encodes the struct and the function decodes
// it, so neither repeats a variable's name.
//
// A field's tag is its variable's name, such as `env:"TASK_TABLE,required"`; a field without a tag has none.
// Fields are strings, booleans, positive integers, lists of strings (joined by
// commas), or maps of strings. A map's tag contains a * that stands for each key:
// a map tagged `env:"*_DLQ_URL"` encodes its key "record-subscription" as
// RECORD_SUBSCRIPTION_DLQ_URL.
package environment

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// field is one field of a struct or of a struct embedded in it.
type field struct {
	variable string
	required bool
	value    reflect.Value
}

func fields(settings reflect.Value) []field {
	var all []field
	for i := range settings.NumField() {
		declared := settings.Type().Field(i)
		if declared.Anonymous {
			all = append(all, fields(settings.Field(i))...)
			continue
		}
		tag, tagged := declared.Tag.Lookup("env")
		if variable, option, _ := strings.Cut(tag, ","); tagged {
			all = append(all, field{variable, option == "required", settings.Field(i)})
		}
	}
	return all
}

// Encode returns the variables of a struct of this package, by name. It omits
// zero values, because Decode treats an empty variable as unset.
func Encode(settings any) map[string]string {
	variables := map[string]string{}
	for _, f := range fields(reflect.ValueOf(settings)) {
		if f.value.IsZero() {
			continue
		}
		switch f.value.Kind() {
		case reflect.Map:
			for _, key := range f.value.MapKeys() {
				variables[strings.Replace(f.variable, "*", upper(key.String()), 1)] = f.value.MapIndex(key).String()
			}
		case reflect.Slice:
			variables[f.variable] = strings.Join(f.value.Interface().([]string), ",")
		default:
			variables[f.variable] = fmt.Sprint(f.value.Interface())
		}
	}
	return variables
}

// Decode reads a struct of this package from variables of the form NAME=VALUE. An
// empty variable counts as unset. The error names every variable that is missing
// or invalid.
func Decode[Settings any](variables []string) (Settings, error) {
	values := map[string]string{}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if value != "" {
			values[name] = value
		}
	}
	var settings Settings
	var problems []string
	for _, f := range fields(reflect.ValueOf(&settings).Elem()) {
		if problem := f.decode(values); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return settings, fmt.Errorf("these environment variables need fixing (the CDK stack sets them): %s",
			strings.Join(problems, ", "))
	}
	return settings, nil
}

// decode sets the field from its variable, and describes the problem if the
// variable is missing or invalid.
func (f field) decode(values map[string]string) (problem string) {
	if f.value.Kind() == reflect.Map {
		f.decodeMap(values)
		if f.required && f.value.Len() == 0 {
			return f.variable + " is missing"
		}
		return ""
	}
	value := values[f.variable]
	switch {
	case value == "" && f.required:
		return f.variable + " is missing"
	case value == "":
		return ""
	}
	return f.set(value)
}

// set parses the value into the field, and describes the problem if it is invalid.
func (f field) set(value string) (problem string) {
	switch f.value.Kind() {
	case reflect.Bool:
		if value != "true" && value != "false" {
			return fmt.Sprintf("%s is %q, not true or false", f.variable, value)
		}
		f.value.SetBool(value == "true")
	case reflect.Int:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Sprintf("%s is %q, not a positive whole number", f.variable, value)
		}
		f.value.SetInt(int64(n))
	case reflect.Slice:
		f.value.Set(reflect.ValueOf(strings.Split(value, ",")))
	default:
		f.value.SetString(value)
	}
	return ""
}

func (f field) decodeMap(values map[string]string) {
	before, after, _ := strings.Cut(f.variable, "*")
	entries := reflect.MakeMap(f.value.Type())
	for name, value := range values {
		key, starts := strings.CutPrefix(name, before)
		key, ends := strings.CutSuffix(key, after)
		if starts && ends && key != "" {
			entries.SetMapIndex(reflect.ValueOf(lower(key)).Convert(f.value.Type().Key()), reflect.ValueOf(value))
		}
	}
	f.value.Set(entries)
}

func upper(key string) string { return strings.ToUpper(strings.ReplaceAll(key, "-", "_")) }
func lower(key string) string { return strings.ToLower(strings.ReplaceAll(key, "_", "-")) }
