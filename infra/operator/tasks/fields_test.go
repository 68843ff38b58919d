package tasks

import (
	"testing"

	"sdtasktracker/shared/tasktable"
)

// hidden are the attributes that are not shown: what others say, and what only recording needs.
var hidden = map[string]bool{
	"result":      true, // status says it
	"started_ms":  true, // started_at says it
	"finished_ms": true, // finished_at says it
	"starts_ms":   true,
	"ended_ms":    true,
	"event":       true,
}

// TestFields: every attribute is shown or hidden, and every field is an attribute or the command's own.
func TestFields(t *testing.T) {
	shown := map[string]bool{}
	for _, f := range fields {
		if shown[f.name] {
			t.Errorf("%s is there twice", f.name)
		}
		shown[f.name] = true
	}
	for _, a := range tasktable.Attributes {
		if shown[a.Name] == hidden[a.Name] {
			t.Errorf("%s is shown: %t, hidden: %t", a.Name, shown[a.Name], hidden[a.Name])
		}
		delete(shown, a.Name)
	}
	for _, own := range []string{"running_ms", "links"} {
		delete(shown, own)
	}
	if len(shown) > 0 {
		t.Errorf("%v are not attributes", shown)
	}
}
