package cli

import (
	"reflect"
	"slices"

	"github.com/alecthomas/kong"

	"sdtasktracker/infra/operator/command"
)

// checkEmpty refuses an option or an argument without a text, as "$ID" is where a shell has no such variable. As a
// condition of redrive, it would match every dead letter.
func checkEmpty(chosen *kong.Context) error {
	for _, step := range chosen.Path {
		value := step.Positional
		if step.Flag != nil {
			value = step.Flag.Value
		}
		if value != nil && isEmpty(value) {
			return command.Usagef("%s is empty", value.ShortSummary())
		}
	}
	return nil
}

func isEmpty(value *kong.Value) bool {
	if value.IsSlice() {
		texts, _ := value.Target.Interface().([]string)
		return slices.Contains(texts, "")
	}
	return value.Target.Kind() == reflect.String && value.Target.Len() == 0
}
