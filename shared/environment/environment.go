// Package environment declares the environment variables of every function: one
// struct a function, which the CDK app encodes and the function decodes, so that
// neither spells a variable's name.
//
// A field's tag is its variable's name, such as `env:"TASK_TABLE,required"`.
// Fields are strings, booleans, positive whole numbers, lists of strings (joined
// by commas), or maps. A map's variable has a * in its name, which stands for
// each key: `env:"*_DLQ_URL"` of a map with the key "record-subscription" is
// RECORD_SUBSCRIPTION_DLQ_URL.
package environment

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// field is one field of a struct, those of embedded structs included.
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
		variable, option, _ := strings.Cut(declared.Tag.Get("env"), ",")
		all = append(all, field{variable, option == "required", settings.Field(i)})
	}
	return all
}

// Encode returns the variables of a struct of this package. A zero value has no
// variable: Lambda takes empty ones, but they say nothing.
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

// Decode reads a struct of this package from variables, as NAME=VALUE. An empty
// variable counts as unset. The error names everything that is missing or wrong.
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

// decode sets the field, and says what is wrong with its variable.
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

// set gives the field a value, and says what is wrong with that.
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
