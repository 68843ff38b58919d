package metrics_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"sdtasktracker/infra/readme"
	"sdtasktracker/shared/emf"
	"sdtasktracker/shared/metrics"
)

func TestDeclarations(t *testing.T) {
	var names []string
	for _, m := range metrics.All {
		if m.Unit != emf.Count && m.Unit != emf.Milliseconds {
			t.Errorf("%s has unit %q", m.Name, m.Unit)
		}
		if m.Unit == emf.Milliseconds && m.Graph == "" {
			t.Errorf("nothing shows the time %s", m.Name)
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

func TestValue(t *testing.T) {
	var line bytes.Buffer
	attributes := emf.Attrs("n", time.UnixMilli(1), metrics.Recorded.Value(2))
	slog.New(slog.NewJSONHandler(&line, nil)).LogAttrs(t.Context(), slog.LevelInfo, "m", attributes...)
	for _, want := range []string{`"Dimensions":[["Status"],["Status","Runtime"]]`, `"Recorded":2`, `"Unit":"Count"`} {
		if !strings.Contains(line.String(), want) {
			t.Errorf("the line has no %s: %s", want, line.String())
		}
	}
}
