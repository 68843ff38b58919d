package fields

import (
	"strings"
	"testing"

	"sdtasktracker/shared/tasktable"
)

// isHidden reports whether nobody needs to see an attribute: status says what result does.
func isHidden(attribute string) bool {
	return attribute == "result" || strings.HasPrefix(attribute, tasktable.InternalPrefix)
}

// TestFields: every attribute is shown or hidden, and every field is an attribute or the command's own.
func TestFields(t *testing.T) {
	shown := map[string]bool{}
	for _, f := range All {
		if shown[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		shown[f.Name] = true
	}
	for _, a := range tasktable.Attributes {
		if shown[a.Name] == isHidden(a.Name) {
			t.Errorf("%s is shown: %t, hidden: %t", a.Name, shown[a.Name], isHidden(a.Name))
		}
		delete(shown, a.Name)
	}
	for _, own := range []string{"running_ms", "wait_ms", "runs", "links", "earlier_runs", "earlier_runs_note"} {
		delete(shown, own)
	}
	if len(shown) > 0 {
		t.Errorf("%v are not attributes", shown)
	}
}
