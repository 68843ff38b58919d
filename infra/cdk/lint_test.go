package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLint runs cfn-lint, where the machine has it, over all templates.
func TestLint(t *testing.T) {
	linter, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not installed")
	}
	dir := t.TempDir()
	var files []string
	for name := range contexts() {
		file := filepath.Join(dir, name+".json")
		if err := os.WriteFile(file, synthOnce(t, name).text, 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	// W3005 is about dependencies that a reference already implies: CDK adds them.
	args := append([]string{"--ignore-checks", "W3005", "--format", "json", "--"}, files...)
	out, err := exec.CommandContext(t.Context(), linter, args...).Output()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var findings []struct {
		Filename, Message string
		Location          struct{ Path []any }
		Rule              struct{ Id string }
	}
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatalf("cfn-lint answers %q: %v", out, err)
	}
	for _, f := range findings {
		t.Errorf("%s: %s at %v: %s", filepath.Base(f.Filename), f.Rule.Id, f.Location.Path, f.Message)
	}
}
