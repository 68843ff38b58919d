package metrics_test

import (
	"slices"
	"testing"

	"sdtasktracker/infra/readme"
	"sdtasktracker/shared/metrics"
)

func TestDeclarations(t *testing.T) {
	var names []string
	for _, m := range metrics.All {
		if m.Unit != metrics.Count && m.Unit != metrics.Milliseconds {
			t.Errorf("%s has unit %q", m.Name, m.Unit)
		}
		if slices.Contains(names, m.Name) {
			t.Errorf("%s is declared twice", m.Name)
		}
		names = append(names, m.Name)
	}
	slices.Sort(names)
	if documented := readme.Names(t, "functions/README.md", "Metrics"); !slices.Equal(documented, names) {
		t.Errorf("documented are %q, declared are %q", documented, names)
	}
}
